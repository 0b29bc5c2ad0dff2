# What happened, as the security log says it. The keys are the names in the audit trail, with hyphens for dots.

event-user-create = Account created
event-user-delete = Account deleted
event-user-suspend = Account suspended
event-user-unsuspend = Account restored
event-user-change_password = Password changed
event-user-rehash_password = Password stored anew
event-user-sign_in_locked = Signing in locked after wrong attempts
event-two_factor-enable = Two-factor authentication turned on
event-two_factor-disable = Two-factor authentication turned off
event-two_factor-recovery_code_used = Recovery code used
event-two_factor-missing_code_overflow = Many attempts without a code
event-oauth_application-create = App registered
event-oauth_application-destroy = App deleted
event-oauth_application-suspend = App suspended
event-oauth_application-unsuspend = App restored
event-oauth_application-transfer = App given to another owner
event-oauth_application-reset_secret = Secret of an app changed
event-oauth_access-create = Token created
event-oauth_access-update = Token edited
event-oauth_access-destroy = Token deleted
event-oauth_access-evict = Old token made room for a new one
event-oauth_access-expire = Expired token removed
event-oauth_access-regenerate = Token regenerated
event-oauth_access-revoke = Token revoked
event-oauth_authorization-create = App authorized
event-oauth_authorization-destroy = App taken back
