# What `gateway check` prints for jupyter.example.com.
c.JupyterHub.authenticator_class = "jhub_remote_user_authenticator.remote_user_auth.RemoteUserAuthenticator"
c.RemoteUserAuthenticator.header_name = "Remote-User"
c.Authenticator.allow_all = True
c.JupyterHub.base_url = "/"
