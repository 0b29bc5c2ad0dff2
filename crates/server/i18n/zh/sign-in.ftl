# 登录、再次验证身份、找回账户。

login-title = 登录
login-for-app = 请登录以继续使用 { $app }。
login-field-name = 登录名或电子邮箱
login-field-password = 密码
login-button = 登录
login-forgot = 忘记密码？
login-join = 新用户？创建账户
login-wrong = 登录名与密码不匹配。请检查后重试。
login-locked = 从此处尝试的错误次数过多。请等待几分钟后重试；从其他地方仍可登录。
login-suspended = 此账户已停用。请联系本服务器的管理者。
login-throttled = 此账户的尝试次数过多。请等待 { $minutes } 分钟后重试。
login-busy = 现在登录的人太多。请过几秒钟重试。
login-missing-name = 请输入登录名或电子邮箱。
login-missing-password = 请输入密码。
login-expired = 等待时间过长，请重新开始。

passkey-button = 使用通行密钥
passkey-or = 或
passkey-waiting = 正在等待您的通行密钥……
passkey-refused = 未使用通行密钥。请重试，或选择其他方式。
passkey-unknown = 此处不认识这个通行密钥。请使用另一个，或选择其他方式。

factor-title = 还有一步
factor-lead = 请输入身份验证器应用显示的验证码。如果手边没有，请使用一个恢复码。
factor-field-code = 验证码
factor-hint = 应用中的六位数字，或一个恢复码。
factor-button = 验证
factor-wrong = 验证码不正确或已被使用。请等待下一个验证码再输入。
factor-missing = 请输入验证码。

sudo-title = 还是您本人吗？
sudo-lead = 接下来的操作很敏感。请确认是您本人，{ $login }。
sudo-field-password = 您的密码
sudo-button = 确认
sudo-wrong = 密码不正确。

done-title = 您已登录
done-lead = 正在前往您要去的页面。
done-button = 继续

forgot-title = 忘记密码？
forgot-lead = 请输入登录名或电子邮箱。如果它属于这里的账户，我们会向该账户的邮箱发送一封带有链接的邮件。
forgot-button = 发送链接
forgot-sent-title = 请查看您的邮箱
forgot-sent = 如果存在这样的账户且邮箱已验证，邮件已在途中。其中的链接一小时内有效。没有收到？请查看垃圾邮件，或联系本服务器的管理者。
forgot-off = 本服务器不能发送邮件。请向管理者索取设置新密码的链接。

link-gone-title = 此链接已失效
link-gone = 它已被使用，或者时间过久。请索取新的链接。

reset-title = 设置新密码
reset-lead = 账户：{ $login }。
reset-button = 设置密码
invitation-title = 欢迎
invitation-lead = 请为您的账户 { $login } 设置密码。
invitation-button = 开始
setup-title = 设置本服务器
setup-lead = 您是第一位用户。这会创建您的账户，它可以管理本服务器。
setup-field-login = 登录名
setup-hint-login = 字母、数字、连字符，最多 39 个。
setup-button = 创建账户

password-new = 新密码
password-hint = 至少 { $least } 个字符。最好用几个您在别处不会一起使用的词。
password-again = 再次输入新密码
password-short = 请使用至少 { $least } 个字符。
password-long = 请使用最多 { $most } 个字节。
password-common = 此密码在攻击者最先尝试的列表中。请另选一个。
password-differs = 两次输入的密码不同。请重新输入。
password-missing = 请设置密码。
email-bad = 电子邮箱应形如 name@example.com。
email-taken = 另一个账户使用了此邮箱。
login-bad = 登录名由字母、数字和连字符组成，最多 39 个，并以字母或数字开头和结尾。
login-taken = 另一个账户使用了此登录名。
verify-title = 这是您的电子邮箱吗？
verify-lead = { $email } 将属于您的账户。
verify-button = 是的，是我的
verified-title = 您的电子邮箱已验证
verified-lead = { $email } 现在属于您的账户。

join-title = 创建账户
join-lead = 请选择登录名和密码。
join-lead-mail = 我们会向您的邮箱发送一封带有链接的邮件。请打开链接设置密码。
join-sign-in = 已有账户？登录
join-sent = 邮件已在途中。其中的链接一天内有效；打开链接后账户才会创建。没有收到？请查看垃圾邮件，或联系本服务器的管理者。
