# A grantd to try: nothing of it stays when it stops. Paste these lines into a shell,
# in this order: the ones at the end delete what the ones before them use.
#
# octocat   password: @PASSWORD@
# monalisa  password: @PASSWORD@
#           TOTP secret: @TOTP_SECRET@
#           @OTPAUTH_URL@
# app       client id: @CLIENT_ID@
#           client secret: @CLIENT_SECRET@
# tests     set the clock, read the journal, make faults and reset it all at @DEV@

# Create a new authorization (a personal access token; a second time its note is taken: 422)
curl \
  -u 'octocat:@PASSWORD@' \
  -X POST \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/authorizations \
  -d '{"scopes":["public_repo"],"note":"admin script"}'

# List your authorizations
curl \
  -u 'octocat:@PASSWORD@' \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/authorizations

# Get a single authorization
curl \
  -u 'octocat:@PASSWORD@' \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/authorizations/@ID@

# Update an existing authorization
curl \
  -u 'octocat:@PASSWORD@' \
  -X PATCH \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/authorizations/@ID@ \
  -d '{"add_scopes":["public_repo"],"note":"optional note"}'

# Get-or-create an authorization for a specific app
curl \
  -u 'octocat:@PASSWORD@' \
  -X PUT \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/authorizations/clients/@CLIENT_ID@ \
  -d '{"client_secret":"@CLIENT_SECRET@","scopes":["public_repo"],"note":"optional note","note_url":"http://optional/note/url"}'

# Get-or-create an authorization for a specific app and fingerprint (201, then 200)
curl \
  -u 'octocat:@PASSWORD@' \
  -X PUT \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/authorizations/clients/@CLIENT_ID@/my-laptop \
  -d '{"client_secret":"@CLIENT_SECRET@","scopes":["public_repo"],"note":"optional note","note_url":"http://optional/note/url"}'

# List your grants
curl \
  -u 'octocat:@PASSWORD@' \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/applications/grants

# Get a single grant
curl \
  -u 'octocat:@PASSWORD@' \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/applications/grants/@GRANT_ID@

# Use a token
curl \
  -H "Authorization: token @TOKEN@" \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/user \
  -i

# Check an authorization
curl \
  -u '@CLIENT_ID@:@CLIENT_SECRET@' \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/applications/@CLIENT_ID@/tokens/@CHECKED@

# Reset an authorization (the old token is dead at once, so this works once)
curl \
  -u '@CLIENT_ID@:@CLIENT_SECRET@' \
  -X POST \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/applications/@CLIENT_ID@/tokens/@RESET@

# Revoke an authorization for an application
curl \
  -u '@CLIENT_ID@:@CLIENT_SECRET@' \
  -X DELETE \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/applications/@CLIENT_ID@/tokens/@REVOKED@ \
  -i

# Revoke a grant for an application (monalisa's)
curl \
  -u '@CLIENT_ID@:@CLIENT_SECRET@' \
  -X DELETE \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/applications/@CLIENT_ID@/grants/@GRANTED@ \
  -i

# Two-factor: without a code, 401 with X-GitHub-OTP: required; app
curl \
  -u 'monalisa:@PASSWORD@' \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/authorizations \
  -i

# Two-factor: with a code (this one works for about a minute; later ones come from the TOTP secret)
curl \
  -u 'monalisa:@PASSWORD@' \
  -H "X-GitHub-OTP: @CODE@" \
  -X POST \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/authorizations \
  -d '{"scopes":["repo"],"note":"two-factor"}'

# Delete a grant
curl \
  -u 'octocat:@PASSWORD@' \
  -X DELETE \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/applications/grants/@GRANT_ID@ \
  -i

# Delete an authorization
curl \
  -u 'octocat:@PASSWORD@' \
  -X DELETE \
  -H "Accept: application/vnd.github.v3+json" \
  @API@/authorizations/@ID@ \
  -i
