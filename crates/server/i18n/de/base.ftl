# Der Rahmen aller Seiten, und was überall gesagt wird.

skip = Zum Inhalt springen
nav-account = Konto
nav-settings = Einstellungen von { $login }
nav-sign-out = Abmelden
nav-sections = Einstellungen
footer = Dieser Server führt Buch darüber, wer welches Token benutzen darf.
faults-title = Bitte prüfen Sie das Formular:

date = { $day }. { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
} { $year }
date-time = { $day }. { $month ->
    [1] Januar
    [2] Februar
    [3] März
    [4] April
    [5] Mai
    [6] Juni
    [7] Juli
    [8] August
    [9] September
    [10] Oktober
    [11] November
   *[12] Dezember
} { $year }, { $time } UTC

front-title = Tokens und Apps in Ihrer Hand
front-lead = Sehen Sie, welche Tokens und Apps in Ihrem Namen handeln können, und nehmen Sie es zurück, wann immer Sie wollen.
front-sign-in = Anmelden
front-tokens = Ihre persönlichen Zugangstokens
front-applications = Apps, denen Sie zugestimmt haben
front-settings = Ihre Einstellungen
front-api = Programme erreichen die API unter
front-docs = Was die API kann
front-signed-in = Sie sind angemeldet als { $login }.

refusal-not-found-title = Hier ist nichts
refusal-not-found = Vielleicht ist die Adresse vertippt, oder was hier stand, gibt es nicht mehr.
refusal-method-title = So lässt sich diese Seite nicht benutzen
refusal-method = Bitte gehen Sie zurück und benutzen Sie das Formular auf der Seite davor.
refusal-large-title = Das war zu viel auf einmal
refusal-large = Was Sie geschickt haben, ist länger, als dieser Server annimmt. Bitte kürzen Sie es und versuchen Sie es noch einmal.
refusal-slow-title = Das hat zu lange gedauert
refusal-slow = Die Verbindung war zu langsam. Bitte versuchen Sie es noch einmal.
refusal-busy-title = Zu viele Anfragen
refusal-busy = Bitte warten Sie { $seconds ->
    [one] eine Sekunde
   *[other] { $seconds } Sekunden
} und versuchen Sie es noch einmal.
refusal-forbidden-title = Das ist nicht erlaubt
refusal-forbidden = Ihr Konto darf das nicht. Wenn es das dürfen sollte, fragen Sie, wer diesen Server betreibt.
refusal-away-title = Zurzeit nicht verfügbar
refusal-away = Etwas, das dieser Server braucht, antwortet nicht. Nichts wurde geändert. Bitte versuchen Sie es gleich noch einmal.
refusal-broken-title = Hier ist etwas schiefgegangen
refusal-broken = Das liegt an uns, nicht an Ihnen. Wenn es wieder geschieht, sagen Sie es den Betreibern dieses Servers, mit der Kennung der Anfrage, die unten steht.
refusal-invalid-title = Das geht nicht
refusal-invalid = Was geschickt wurde, stimmt nicht. Bitte gehen Sie zurück und prüfen Sie es.
refusal-foreign-title = Dieses Formular kam von anderswo
refusal-foreign = Zu Ihrer Sicherheit werden Formulare nur von dieser Seite selbst angenommen. Sie erreichen sie unter { $url }.
refusal-token-title = Dieses Formular ist zu alt
refusal-token = Sie haben sich an- oder abgemeldet, seit das Formular geöffnet wurde, oder Ihr Browser nimmt keine Cookies an. Nichts wurde geändert. Bitte gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.
refusal-home = Zur Startseite
refusal-request = Kennung der Anfrage: { $id }

button-back = Zurück
button-cancel = Abbrechen
button-save = Speichern
button-copy = Kopieren
copied = Kopiert.
pager = Seiten
pager-newer = Neuere
pager-older = Ältere
never = nie
