# Die Seite, auf der jemand eine App in seinem Namen handeln lässt.

consent-title = Darf { $app } in Ihrem Namen handeln?
consent-by = von { $owner }
consent-homepage = Website
consent-as = Sie sind angemeldet als { $login }.
consent-other-account = Anderes Konto benutzen
consent-may = Wenn Sie zustimmen, darf die App:
consent-may-again = Sie haben schon einmal zugestimmt. Von jetzt an darf die App:
consent-no-scopes = nur sehen, was alle sehen können: Ihren Anmeldenamen und Ihr öffentliches Profil.
consent-new = neu
consent-target = So oder so geht es danach weiter zu
consent-on-this-device = Diese Adresse gehört zu einem Programm auf Ihrem Gerät, und jedes Programm könnte sich dafür ausgeben. Stimmen Sie nur zu, wenn Sie diese App eben selbst gestartet haben.
consent-approve = Zustimmen
consent-deny = Ablehnen
consent-take-back = Sie können das jederzeit zurücknehmen: in Ihren Einstellungen unter „Apps mit Zugang“.

consent-unknown-title = Diese App gibt es nicht
consent-unknown = Der Link, der Sie hierher geführt hat, nennt eine App, die dieser Server nicht kennt. Gehen Sie zurück zur App und versuchen Sie es noch einmal; geschieht es wieder, sagen Sie es denen, die sie betreiben.
consent-suspended-title = Diese App ist gesperrt
consent-suspended = Sie darf zurzeit in niemandes Namen handeln. Nichts wurde geändert. Wenn Sie das für falsch halten, fragen Sie, wer diesen Server betreibt.
consent-mismatch-title = Diesem Link ist nicht zu trauen
consent-mismatch = Er würde Sie zu einer Adresse schicken, die für die App nicht hinterlegt ist, oder sagt nicht, welche ihrer Adressen er meint. Nichts wurde weitergegeben. Gehen Sie zurück zur App; geschieht es wieder, sagen Sie es denen, die sie betreiben.
