# Die Einstellungen.

section-profile = Profil
section-password = Passwort
section-two-factor = Zwei-Faktor-Anmeldung
section-passkeys = Passkeys
section-sessions = Sitzungen
section-tokens = Persönliche Zugangstokens
section-applications = Apps mit Zugang
section-security-log = Sicherheitsprotokoll

profile-title = Profil
profile-login = Anmeldename
profile-field-email = E-Mail-Adresse
profile-hint-email = Für Links zu einem neuen Passwort. Eine Nachricht mit einem Link zeigt, dass die Adresse Ihnen gehört.
profile-verified = bestätigt
profile-unverified = nicht bestätigt
profile-verify = Nachricht noch einmal schicken
profile-field-language = Sprache
profile-language-browser = Wie der Browser sagt
notice-profile = Ihr Profil ist gespeichert.
notice-email-sent = Eine Nachricht mit einem Link ist unterwegs. Die neue Adresse gilt, sobald der Link geöffnet wurde.
notice-language = Ihre Sprache ist gespeichert.
profile-email-title = E-Mail-Adresse
profile-language-title = Sprache

password-title = Passwort
password-lead = Wer Ihr Passwort kennt, kann in Ihrem Namen handeln. Wählen Sie eines, das Sie sonst nirgends benutzen.
password-button = Passwort ändern
password-end-sessions = Überall sonst abmelden
password-end-tokens = Alle meine persönlichen Zugangstokens löschen und allen Apps den Zugang nehmen
notice-password = Ihr Passwort ist geändert.

two-factor-title = Zwei-Faktor-Anmeldung
two-factor-off = Nur Ihr Passwort schützt dieses Konto. Mit einem Code aus einer Authenticator-App kommt niemand allein mit dem Passwort hinein.
two-factor-enrol = Authenticator-App einrichten
two-factor-on = Beim Anmelden wird nach einem Code aus Ihrer Authenticator-App gefragt.
two-factor-since = seit { $date }
two-factor-codes-left = { $count ->
    [0] Es ist kein Wiederherstellungscode mehr da. Machen Sie jetzt neue: Ohne sie sperrt der Verlust der App Sie aus.
    [one] Ein Wiederherstellungscode ist noch da. Machen Sie am besten neue.
   *[other] { $count } Wiederherstellungscodes sind noch da.
}
two-factor-regenerate = Neue Wiederherstellungscodes machen
two-factor-regenerate-lead = Die alten gelten dann sofort nicht mehr.
two-factor-disable = Ausschalten
two-factor-disable-lead = Auch Ihre Wiederherstellungscodes gelten dann nicht mehr.
two-factor-disable-confirm = Ohne zweiten Faktor kommt hinein, wer Ihr Passwort erfährt.
enrol-title = Authenticator-App einrichten
enrol-scan = Lesen Sie dieses Bild mit Ihrer Authenticator-App ein.
enrol-picture = Bild für die Authenticator-App; der Schlüssel darunter sagt dasselbe
enrol-key = Oder geben Sie dort diesen Schlüssel von Hand ein:
enrol-confirm = Geben Sie dann den Code ein, den die App jetzt zeigt.
enrol-button = Einschalten
codes-title = Ihre Wiederherstellungscodes
codes-lead = Mit jedem davon können Sie sich einmal anmelden, wenn Sie Ihre Authenticator-App nicht zur Hand haben. Drucken Sie sie aus oder legen Sie sie in einen Passwortmanager: Sie werden nur dieses eine Mal gezeigt.
codes-done = Ich habe sie aufbewahrt
notice-two-factor-off = Die Zwei-Faktor-Anmeldung ist aus.

passkeys-title = Passkeys
passkeys-lead = Mit einem Passkey melden Sie sich mit Fingerabdruck, Gesicht oder einem Schlüssel an, den Sie bei sich tragen, ohne Passwort und Code. Er lässt sich nicht abfischen.
passkeys-none = Sie haben noch keine Passkeys.
passkeys-add = Passkey hinzufügen
passkeys-field-name = Name
passkeys-hint-name = Damit Sie wissen, welcher es ist, etwa „Laptop“.
passkeys-script = Um einen Passkey hinzuzufügen, braucht es JavaScript.
passkeys-created = Hinzugefügt
passkeys-used = Zuletzt benutzt
passkeys-rename = { $name } umbenennen
passkeys-remove = { $name } entfernen
passkeys-rename-short = Umbenennen
passkeys-remove-short = Entfernen
passkeys-remove-confirm = Sie können sich dann nicht mehr damit anmelden.
passkeys-missing-name = Geben Sie ihm einen Namen von höchstens { $most } Zeichen.
passkeys-refused = Dieser Passkey konnte nicht hinzugefügt werden. Bitte versuchen Sie es noch einmal.
notice-passkey-added = Der Passkey ist hinzugefügt.
notice-passkey-renamed = Der Passkey ist umbenannt.
notice-passkey-removed = Der Passkey ist entfernt.

sessions-title = Sitzungen
sessions-lead = Browser, in denen Sie angemeldet sind. Melden Sie ab, was Sie nicht kennen, und ändern Sie dann Ihr Passwort.
sessions-this = diese hier
sessions-from = Von
sessions-since = Angemeldet
sessions-seen = Zuletzt gesehen
sessions-end = { $browser } abmelden
sessions-end-others = Alle anderen abmelden
sessions-unknown = Unbekannter Browser
sessions-browser = { $browser } auf { $system }
notice-session-ended = Dieser Browser ist abgemeldet.
notice-sessions-ended = Alle anderen Browser sind abgemeldet.

tokens-title = Persönliche Zugangstokens
tokens-lead = Mit einem Token handelt ein Programm in Ihrem Namen, so weit seine Scopes reichen. Behandeln Sie es wie ein Passwort.
tokens-none = Sie haben keine persönlichen Zugangstokens.
tokens-new = Neues Token
tokens-no-scopes = keine Scopes: nur öffentliche Angaben
tokens-created = Angelegt
tokens-used = Zuletzt benutzt
tokens-expires = Gilt bis
tokens-expired = abgelaufen
tokens-ends-with = Endet mit
tokens-regenerate = Neu ausstellen
tokens-regenerate-title = { $note } neu ausstellen?
tokens-regenerate-confirm = Das jetzige Token gilt sofort nicht mehr. Jedes Programm, das es benutzt, braucht das neue.
tokens-delete = Löschen
tokens-delete-title = { $note } löschen?
tokens-delete-confirm = Programme, die es benutzen, verlieren sofort ihren Zugang. Das lässt sich nicht rückgängig machen.
tokens-unnamed = Token ohne Notiz
token-new-title = Neues persönliches Zugangstoken
token-field-note = Notiz
token-hint-note = Wofür ist es?
token-field-expires = Gilt bis
token-expires-days = in { $days } Tagen
token-expires-never = ohne Ende
token-expires-custom = zu einem Tag, den Sie wählen
token-field-day = Tag
token-hint-day = Zählt nur, wenn Sie ihn oben gewählt haben. Das Token endet, wenn dieser Tag in UTC beginnt.
token-scopes = Was darf es?
token-hint-scopes = Ein angekreuzter Scope schließt die darunter ein.
token-button = Token anlegen
token-missing-note = Sagen Sie, wofür das Token ist.
token-long = Das ist zu lang.
token-note-taken = Sie haben schon ein Token mit dieser Notiz.
token-bad-day = Wählen Sie einen Tag in der Zukunft.
token-bad-scope = Wählen Sie Scopes aus der Liste.
token-shown-title = Ihr neues Token
token-shown-lead = Kopieren Sie es jetzt. Es wird nur dieses eine Mal gezeigt.
token-shown-back = Zurück zu Ihren Tokens
notice-token-deleted = Das Token ist gelöscht.

applications-title = Apps mit Zugang
applications-lead = Apps, die in Ihrem Namen handeln dürfen, weil Sie zugestimmt haben. Nehmen Sie zurück, was Sie nicht mehr benutzen.
applications-none = Keine App darf in Ihrem Namen handeln.
applications-by = von { $owner }
applications-since = Seit
applications-used = Zuletzt benutzt
applications-revoke = Zugang nehmen
applications-revoke-title = { $app } den Zugang nehmen?
applications-revoke-confirm = Die App verliert ihren Zugang sofort; alle ihre Tokens für Ihr Konto werden gelöscht. Sie darf wieder fragen.
applications-revoke-all = Allen Apps den Zugang nehmen
applications-revoke-all-title = Allen Apps den Zugang nehmen?
applications-revoke-all-confirm = Alle Apps verlieren ihren Zugang sofort; alle ihre Tokens für Ihr Konto werden gelöscht.
applications-details = Näheres
applications-may = Sie darf
applications-tokens = { $count ->
    [one] ein Token
   *[other] { $count } Tokens
}
notice-application-revoked = Die App darf nicht mehr in Ihrem Namen handeln.
notice-applications-revoked = Keine App darf mehr in Ihrem Namen handeln.

log-title = Sicherheitsprotokoll
log-lead = Was mit Ihrem Konto geschah, das Neueste zuerst.
log-none = Noch ist nichts geschehen.
log-when = Wann
log-what = Was
log-who = Durch
log-where = Von
log-by-you = Sie
log-by-app = eine App
log-by-operator = die Betreiber dieses Servers
log-by-system = diesen Server
log-by-admin = jemanden von der Verwaltung
log-token = Token …{ $end }
