# Anmelden, sich noch einmal ausweisen, und wieder hineinkommen.

login-title = Anmelden
login-for-app = Melden Sie sich an, um bei { $app } weiterzumachen.
login-field-name = Anmeldename oder E-Mail-Adresse
login-field-password = Passwort
login-button = Anmelden
login-forgot = Passwort vergessen?
login-join = Neu hier? Konto anlegen
login-wrong = Anmeldename und Passwort passen nicht zusammen. Prüfen Sie beide und versuchen Sie es noch einmal.
login-locked = Zu viele falsche Versuche von hier. Warten Sie einige Minuten; von anderswo können Sie sich weiter anmelden.
login-suspended = Dieses Konto ist gesperrt. Fragen Sie, wer diesen Server betreibt.
login-throttled = Zu viele Versuche für dieses Konto. Warten Sie { $minutes ->
    [one] eine Minute
   *[other] { $minutes } Minuten
} und versuchen Sie es noch einmal.
login-busy = Gerade melden sich zu viele an. Bitte versuchen Sie es in einigen Sekunden noch einmal.
login-missing-name = Geben Sie Ihren Anmeldenamen oder Ihre E-Mail-Adresse ein.
login-missing-password = Geben Sie Ihr Passwort ein.
login-expired = Das hat eine Weile gedauert; bitte fangen Sie noch einmal an.

passkey-button = Passkey benutzen
passkey-or = oder
passkey-waiting = Warten auf Ihren Passkey …
passkey-refused = Es wurde kein Passkey benutzt. Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.
passkey-unknown = Dieser Passkey ist hier nicht bekannt. Nehmen Sie einen anderen oder wählen Sie einen anderen Weg.

factor-title = Noch ein Schritt
factor-lead = Geben Sie den Code ein, den Ihre Authenticator-App zeigt. Haben Sie sie nicht zur Hand, nehmen Sie einen Ihrer Wiederherstellungscodes.
factor-field-code = Code
factor-hint = Sechs Ziffern aus der App, oder ein Wiederherstellungscode.
factor-button = Prüfen
factor-wrong = Dieser Code stimmt nicht oder wurde schon benutzt. Warten Sie auf den nächsten und geben Sie den ein.
factor-missing = Geben Sie den Code ein.

sudo-title = Sind Sie es noch?
sudo-lead = Was jetzt kommt, ist heikel. Bitte bestätigen Sie, dass Sie es sind, { $login }.
sudo-field-password = Ihr Passwort
sudo-button = Bestätigen
sudo-wrong = Dieses Passwort stimmt nicht.

done-title = Sie sind angemeldet
done-lead = Es geht dorthin weiter, wohin Sie wollten.
done-button = Weiter

forgot-title = Passwort vergessen?
forgot-lead = Geben Sie Ihren Anmeldenamen oder Ihre E-Mail-Adresse ein. Gehört sie zu einem Konto hier, geht eine Nachricht mit einem Link an die Adresse des Kontos.
forgot-button = Link schicken
forgot-sent-title = Sehen Sie in Ihr Postfach
forgot-sent = Wenn es ein solches Konto mit bestätigter Adresse gibt, ist eine Nachricht unterwegs. Der Link darin gilt eine Stunde. Nichts da? Sehen Sie in den Spam-Ordner, oder fragen Sie, wer diesen Server betreibt.
forgot-off = Dieser Server kann keine E-Mails verschicken. Fragen Sie seine Betreiber nach einem Link zu einem neuen Passwort.

link-gone-title = Dieser Link gilt nicht mehr
link-gone = Er wurde schon benutzt, oder er ist zu alt. Bitten Sie um einen neuen.

reset-title = Neues Passwort wählen
reset-lead = Für das Konto { $login }.
reset-button = Passwort setzen
invitation-title = Willkommen
invitation-lead = Wählen Sie ein Passwort für Ihr Konto { $login }.
invitation-button = Anfangen
setup-title = Diesen Server einrichten
setup-lead = Sie sind hier die Ersten. Damit entsteht Ihr Konto, das diesen Server verwalten darf.
setup-field-login = Anmeldename
setup-hint-login = Buchstaben, Ziffern, Bindestriche; höchstens 39.
setup-button = Konto anlegen

password-new = Neues Passwort
password-hint = Mindestens { $least } Zeichen. Am besten einige Wörter, die Sie sonst nirgends zusammen benutzen.
password-again = Das neue Passwort noch einmal
password-short = Nehmen Sie mindestens { $least } Zeichen.
password-long = Nehmen Sie höchstens { $most } Bytes.
password-common = Dieses Passwort steht auf Listen, die Angreifer zuerst probieren. Wählen Sie ein anderes.
password-differs = Die beiden Passwörter sind nicht gleich. Geben Sie beide noch einmal ein.
password-missing = Wählen Sie ein Passwort.
email-bad = Eine E-Mail-Adresse sieht aus wie name@example.com.
email-taken = Ein anderes Konto hat diese Adresse.
login-bad = Ein Anmeldename hat Buchstaben, Ziffern und Bindestriche, höchstens 39, und beginnt und endet mit einem Buchstaben oder einer Ziffer.
login-taken = Ein anderes Konto hat diesen Anmeldenamen.
verify-title = Ist das Ihre E-Mail-Adresse?
verify-lead = { $email } wird zu Ihrem Konto gehören.
verify-button = Ja, sie gehört mir
verified-title = Ihre E-Mail-Adresse ist bestätigt
verified-lead = { $email } gehört jetzt zu Ihrem Konto.

join-title = Konto anlegen
join-lead = Wählen Sie einen Anmeldenamen und ein Passwort.
join-lead-mail = Eine Nachricht mit einem Link geht an Ihre Adresse. Öffnen Sie ihn, um ein Passwort zu wählen.
join-sign-in = Sie haben ein Konto? Anmelden
join-sent = Eine Nachricht ist unterwegs. Der Link darin gilt einen Tag; das Konto entsteht, wenn Sie ihn öffnen. Nichts da? Sehen Sie in den Spam-Ordner, oder fragen Sie, wer diesen Server betreibt.
