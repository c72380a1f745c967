// What the theme leaves to be said for screen readers and the keyboard (axe's rules, which tests/site asks).
document.addEventListener("DOMContentLoaded", () => {
  for (const caption of document.querySelectorAll('.caption[role="heading"]')) caption.setAttribute("aria-level", "2");
  for (const block of document.querySelectorAll("pre, .table-wrapper")) block.tabIndex = 0; // wide code scrolls
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Contents");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
  const icons = document.querySelector(".content-icon-container");
  icons?.setAttribute("role", "region");
  icons?.setAttribute("aria-label", "This page");
  if (document.querySelector("#search-results") && !document.querySelector("h1")) {
    const title = document.createElement("h1");
    title.textContent = "Search";
    document.querySelector("#search-results").before(title);
  }
});
