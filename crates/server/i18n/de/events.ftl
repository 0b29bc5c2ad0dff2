# Was geschah, wie das Sicherheitsprotokoll es sagt.

event-user-create = Konto angelegt
event-user-delete = Konto gelöscht
event-user-suspend = Konto gesperrt
event-user-unsuspend = Konto entsperrt
event-user-change_password = Passwort geändert
event-user-rehash_password = Passwort neu abgelegt
event-user-sign_in_locked = Anmelden nach falschen Versuchen gesperrt
event-two_factor-enable = Zwei-Faktor-Anmeldung eingeschaltet
event-two_factor-disable = Zwei-Faktor-Anmeldung ausgeschaltet
event-two_factor-recovery_code_used = Wiederherstellungscode benutzt
event-two_factor-missing_code_overflow = Viele Versuche ohne Code
event-oauth_application-create = App angemeldet
event-oauth_application-destroy = App gelöscht
event-oauth_application-suspend = App gesperrt
event-oauth_application-unsuspend = App entsperrt
event-oauth_application-transfer = App jemand anderem übergeben
event-oauth_application-reset_secret = Geheimnis einer App geändert
event-oauth_access-create = Token angelegt
event-oauth_access-update = Token geändert
event-oauth_access-destroy = Token gelöscht
event-oauth_access-evict = Altes Token machte einem neuen Platz
event-oauth_access-expire = Abgelaufenes Token entfernt
event-oauth_access-regenerate = Token neu ausgestellt
event-oauth_access-revoke = Token widerrufen
event-oauth_authorization-create = App Zugang gegeben
event-oauth_authorization-destroy = App Zugang genommen
