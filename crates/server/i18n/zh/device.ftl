# 用户允许某个设备以自己名义操作的页面。

device-title = 连接设备
device-lead = 另一台设备上的程序请您来到这里，并向您显示了一个代码。
device-code = 代码
device-code-hint = 八个字母，例如 WDJB-MJHT。请输入您自己的设备上显示的代码，切勿输入别人发给您的代码。
device-continue = 继续
device-ask-title = 允许 { $app } 在此设备上以您的名义操作吗？
device-warning = 只有当这台设备属于您或就在您面前，并且显示的正是这个代码时才同意。发代码给您的人是想使用您的账户。
device-from = 请求来自
device-asked = 请求时间
device-age = { $minutes ->
    [0] 不到一分钟前
   *[other] { $minutes } 分钟前
}
device-may = 如果您同意，此设备上的应用可以：
device-done-title = 您的设备已连接
device-done = 请回到设备上：几秒钟后它会自动继续。您可以关闭此页面。
device-done-applications = 查看已授权的应用
notice-device-refused = 已拒绝该设备，它会自动得知。

device-unknown = 没有设备在等待此代码。请与设备上显示的代码核对；15 分钟后设备需要一个新的代码。
device-too-many = 错误的代码太多。为了您的安全，最长一小时内不再接受任何代码。之后请在设备上重新开始，使用新的代码。
device-too-many-for-app = 过去一小时内连接到此应用的设备非常多。请稍后再试。
device-unverified = 您的电子邮件地址需要先通过验证。请在设置中让系统发送邮件，然后重新输入代码。
