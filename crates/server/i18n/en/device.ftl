# The page on which a person lets a device act in their name.

device-title = Connect a device
device-lead = A program on another device asked you to come here and shows you a code.
device-code = Code
device-code-hint = Eight letters, such as WDJB-MJHT. Type what your own device shows; never a code that somebody sent you.
device-continue = Continue
device-ask-title = Let { $app } act in your name on this device?
device-warning = Agree only if the device is yours or in front of you, and shows exactly this code. Whoever sent you a code wants to use your account.
device-from = Asks from
device-asked = Asked
device-age = { $minutes ->
    [0] less than a minute ago
    [one] one minute ago
   *[other] { $minutes } minutes ago
}
device-may = If you agree, the app on this device may
device-done-title = Your device is connected
device-done = Go back to it: in a few seconds it goes on by itself. You can close this page.
device-done-applications = See your authorized apps
notice-device-refused = The device was refused. It learns so by itself.

device-unknown = No device waits under this code. Check it against what the device shows; after 15 minutes the device needs a new one.
device-too-many = Those were too many wrong codes. For your safety no more are looked at for up to an hour. Then start again on the device, with a new code.
device-too-many-for-app = Very many devices of this app were connected in the last hour. Please try again later.
device-unverified = Your e-mail address must be verified first. Open your settings, have the message sent, and then type the code again.
