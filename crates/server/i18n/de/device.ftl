# Die Seite, auf der jemand ein Gerät in seinem Namen handeln lässt.

device-title = Gerät verbinden
device-lead = Ein Programm auf einem anderen Gerät hat Sie hierher gebeten und zeigt Ihnen einen Code.
device-code = Code
device-code-hint = Acht Buchstaben, etwa WDJB-MJHT. Tippen Sie ab, was Ihr eigenes Gerät zeigt, und nie einen Code, den Ihnen jemand geschickt hat.
device-continue = Weiter
device-ask-title = Darf { $app } auf diesem Gerät in Ihrem Namen handeln?
device-warning = Stimmen Sie nur zu, wenn das Gerät Ihnen gehört oder vor Ihnen steht und genau diesen Code zeigt. Wer Ihnen einen Code geschickt hat, will Ihr Konto benutzen.
device-from = Fragt von
device-asked = Gefragt
device-age = { $minutes ->
    [0] vor weniger als einer Minute
    [one] vor einer Minute
   *[other] vor { $minutes } Minuten
}
device-may = Wenn Sie zustimmen, darf die App auf diesem Gerät:
device-done-title = Ihr Gerät ist verbunden
device-done = Gehen Sie zu ihm zurück: In ein paar Sekunden macht es von selbst weiter. Diese Seite können Sie schließen.
device-done-applications = Apps mit Zugang ansehen
notice-device-refused = Das Gerät ist abgelehnt. Es erfährt das von selbst.

device-unknown = Unter diesem Code wartet kein Gerät. Vergleichen Sie ihn mit dem, was das Gerät zeigt; nach 15 Minuten braucht es einen neuen.
device-too-many = Das waren zu viele falsche Codes. Zu Ihrer Sicherheit wird bis zu einer Stunde lang keiner mehr angesehen. Fangen Sie danach am Gerät von vorn an, mit einem neuen Code.
device-too-many-for-app = In der letzten Stunde wurden sehr viele Geräte mit dieser App verbunden. Bitte versuchen Sie es später noch einmal.
device-unverified = Zuerst muss Ihre E-Mail-Adresse bestätigt sein. Lassen Sie sich in den Einstellungen die Nachricht schicken und geben Sie den Code dann noch einmal ein.
