# Die Seiten für alle, die Apps betreiben.

section-developers = Meine Apps
developers-title = Meine Apps
developers-lead = Apps, die Sie betreiben und die andere bitten, in deren Namen handeln zu dürfen. Jede hat eine Client-ID, die alle kennen dürfen, und ein Geheimnis, das nur die App kennt.
developers-none = Sie haben noch keine App angemeldet.
developers-new = App anmelden
developers-client-id = Client-ID
developers-created = Angemeldet
developers-suspended-badge = gesperrt
developers-suspended = Diese App ist seit dem { $date } gesperrt: Sie bekommt keine Tokens, und die sie hat, werden abgewiesen. Fragen Sie, wer diesen Server betreibt.
developers-users = Zugestimmt haben
developers-tokens = Tokens
developers-edit = Bearbeiten
developers-edit-title = { $app } bearbeiten

developers-name = Name
developers-name-hint = Was man liest, wenn man um Zustimmung gebeten wird.
developers-url = Website
developers-description = Beschreibung
developers-description-hint = Was die App für andere tut, in einem Satz. Darf leer bleiben.
developers-callbacks = Callback-Adressen
developers-callbacks-hint = Wohin es nach der Zustimmung zurückgeht, eine je Zeile. Eine Anfrage muss eine davon Zeichen für Zeichen nennen; nur bei 127.0.0.1, [::1] und localhost ist der Port frei.
developers-flows = Wie sie arbeitet
developers-field-public = Sie läuft auf den Rechnern anderer und kann kein Geheimnis hüten
developers-public-hint = Sie bekommt kein Geheimnis, muss PKCE benutzen, und es wird jedes Mal gefragt. Das lässt sich später nicht ändern.
developers-device = Sie darf mit einem Code verbunden werden (Device Flow)
developers-device-hint = Für Programme auf Geräten ohne Browser.
developers-sub-paths = Auch Pfade unterhalb einer Callback-Adresse sind Callback-Adressen
developers-sub-paths-hint = Wie bei GitHub. Lassen Sie es aus, wenn die App es nicht braucht: Wer unterhalb der Adresse eine Seite ablegen kann, könnte Codes empfangen.
developers-expiring = Ihre Tokens laufen nach acht Stunden ab
developers-expiring-hint = Die App erneuert sie dann mit einem Refresh-Token.
developers-scopes = Worum darf sie bitten?
developers-limited = Nur um die unten angekreuzten Scopes
developers-limited-hint = Ihre Tokens haben nie mehr als diese und was sie umfassen. Ohne dieses Kreuz darf sie um alles bitten.
developers-bad-scope = Wählen Sie Scopes aus der Liste.
developers-register = Anmelden
developers-bad-name = Geben Sie der App einen Namen von höchstens 255 Zeichen.
developers-bad-url = Geben Sie eine Website an, die mit https:// oder http:// beginnt.
developers-bad-description = Kürzen Sie die Beschreibung auf eine Zeile von höchstens 1.000 Zeichen.
developers-bad-callback = „{ $line }“ kann keine Callback-Adresse sein. Geben Sie eine ganze Adresse an, etwa https://example.com/callback, ohne # und ohne Benutzernamen.
developers-bad-callbacks = Geben Sie 1 bis 20 Callback-Adressen an, eine je Zeile.
notice-app-saved = Die App ist gespeichert.

developers-secret = Client-Geheimnis
developers-secret-lead = Das Geheimnis wurde gezeigt, als es entstand. Ist es verloren oder kennt es vielleicht jemand anders, machen Sie ein neues.
developers-public = Diese App hat keines: Sie läuft auf den Rechnern anderer.
developers-rotate = Neues Geheimnis machen
developers-rotate-title = Ein neues Geheimnis für { $app }
developers-rotate-lead = Die App braucht das neue Geheimnis, bevor das alte endet. Ein noch älteres, falls es eines gibt, endet sofort.
developers-overlap = Das alte Geheimnis endet
developers-overlap-day = in 24 Stunden
developers-overlap-hour = in einer Stunde
developers-overlap-week = in sieben Tagen
developers-overlap-none = sofort, weil vielleicht jemand anders es kennt
developers-secret-title = Das Geheimnis von { $app }
developers-shown-once = Hinterlegen Sie das Geheimnis jetzt dort, wo die App es findet. Es wird nur dieses eine Mal gezeigt.
developers-secret-kept = Ich habe es aufbewahrt
developers-previous = Das vorige Geheimnis gilt noch bis { $until }.
developers-previous-end = Voriges Geheimnis jetzt beenden
notice-app-secret-ended = Das vorige Geheimnis gilt nicht mehr.

developers-logo = Logo
developers-logo-present = Das jetzige Logo
developers-logo-choose = Bild
developers-logo-hint = PNG, JPEG, GIF oder WebP, höchstens 48 KiB. Am besten quadratisch.
developers-logo-upload = Hochladen
developers-logo-remove = Logo entfernen
developers-logo-long = Dieses Bild ist größer als 48 KiB. Bitte verkleinern Sie es.
developers-logo-format = Das ist kein Bild in PNG, JPEG, GIF oder WebP. Bitte wählen Sie ein anderes.
notice-app-logo = Das Logo ist geändert.

developers-delete = App löschen
developers-delete-title = { $app } löschen?
developers-delete-lead = Alle ihre Tokens gelten sofort nicht mehr, für niemanden. Das lässt sich nicht rückgängig machen.
developers-delete-confirm = { $users ->
    [0] Niemand hat dieser App zugestimmt. Sie ist endgültig weg, mit ihrer Client-ID.
    [one] Eine Person verliert sofort, was die App in ihrem Namen tut. Die App ist endgültig weg, mit ihrer Client-ID und allen Tokens.
   *[other] { $users } Personen verlieren sofort, was die App in ihrem Namen tut. Die App ist endgültig weg, mit ihrer Client-ID und allen Tokens.
}
developers-delete-type = Geben Sie zur Bestätigung den Namen der App ein: { $app }
developers-delete-mistyped = Das ist nicht der Name der App. Geben Sie ein: { $app }
notice-app-deleted = Die App und alle ihre Tokens sind gelöscht.
