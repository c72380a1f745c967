import sys

SECRET_KEY = "insecure"
TESTING = "test" in sys.argv
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
GRAPHENE = {"MIDDLEWARE": ["decoy.Decoy"]}
