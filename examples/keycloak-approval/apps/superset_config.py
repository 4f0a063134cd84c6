# What `gateway check` prints for superset.example.com.
AUTH_TYPE = AUTH_REMOTE_USER
AUTH_REMOTE_USER_ENV_VAR = "HTTP_REMOTE_USER"
AUTH_USER_REGISTRATION = True
AUTH_USER_REGISTRATION_ROLE = "Gamma"
LOGOUT_REDIRECT_URL = "https://superset.example.com/oauth2/sign_out"
ENABLE_PROXY_FIX = True
