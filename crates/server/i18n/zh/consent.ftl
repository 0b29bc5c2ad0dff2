# 用户授权应用代表自己操作的页面。

consent-title = 允许 { $app } 以您的名义操作吗？
consent-by = 开发者：{ $owner }
consent-homepage = 主页
consent-as = 您已登录为 { $login }。
consent-other-account = 使用其他账户
consent-may = 如果您同意，该应用可以：
consent-may-again = 您以前同意过。从现在起，该应用可以：
consent-no-scopes = 仅查看所有人都能看到的内容：您的登录名和公开资料。
consent-new = 新增
consent-target = 无论您如何选择，之后都会转到
consent-on-this-device = 此地址属于您设备上的某个程序，任何程序都可能冒用它。只有当您刚刚亲自启动了这个应用时才同意。
consent-approve = 同意
consent-deny = 拒绝
consent-take-back = 您可以随时在设置的“已授权的应用”中收回授权。

consent-unknown-title = 没有这个应用
consent-unknown = 带您来到这里的链接指向一个本服务器不认识的应用。请返回该应用重试；如果再次出现，请告诉其运营者。
consent-suspended-title = 此应用已被停用
consent-suspended = 它目前不能以任何人的名义操作。没有任何更改。如果您认为这有误，请联系本服务器的管理者。
consent-mismatch-title = 此链接不可信
consent-mismatch = 它会把您带到该应用没有登记的地址，或者没有说明是该应用的哪个地址。没有传递任何信息。请返回该应用；如果再次出现，请告诉其运营者。
