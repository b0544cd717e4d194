// All words of the page in Chinese and English, and how numbers and times are written in both.
//
// A key is used as `t("nav.wall")`; a word for a value of the server as `word("state", value)`, which looks up
// `state.<value>` and shows the bare value where a newer server says something this page does not know.

export const WORDS = {
  "action.close": ["结案", "Close"],
  "action.confirm": ["确认", "Confirm"],
  "action.dismiss": ["误报", "False"],
  "action.file": ["立案", "File"],
  "action.reopen": ["重新打开", "Reopen"],
  "action.warn": ["喊话", "Warn"],
  "bar.connected": ["已连接", "Connected"],
  "bar.language": ["English", "中文"],
  "bar.lost": ["连接中断，正在重试", "Connection lost, trying again"],
  "bar.main": ["主菜单", "Main menu"],
  "camera.away": ["离线", "Away"],
  "camera.live": ["在线", "Live"],
  "camera.refused": ["被拒绝", "Refused"],
  "camera.removed": ["已删除", "Removed"],
  "camera.starting": ["连接中", "Connecting"],
  "camera.stopped": ["已停止", "Stopped"],
  "case.and": ["；", "; "],
  "case.by_program": ["系统自动", "by the program"],
  "case.clip": ["现场录像", "Clip"],
  "case.done": ["已执行：{action}", "Done: {action}"],
  "case.enlarge": ["放大：{what}", "Enlarge: {what}"],
  "case.file_count": ["{count} 个文件，均带 SHA-256", "{count} files, each with its SHA-256"],
  "case.files": ["证据文件", "Evidence files"],
  "case.going_on": ["持续中", "going on"],
  "case.incomplete": ["证据不完整：{what}", "Evidence is incomplete: {what}"],
  "case.look_only": ["当前账号只能查看，不能处理案件。", "Your account may look at cases, not decide about them."],
  "case.none": ["从左侧选择一个案件", "Choose a case on the left"],
  "case.over": ["已结束", "over"],
  "case.own_reason": ["其他原因", "Another reason"],
  "case.reason_title": ["{action}的原因", "Why {action}?"],
  "case.timeline": ["处理过程", "What happened"],
  "case.title": ["案件详情", "Case"],
  "case.until": ["至 {time}", "until {time}"],
  "case.warned": ["第 {level} 级喊话已播出", "Warning {level} was spoken"],
  "case.warning_failed": ["第 {level} 级喊话未播出", "Warning {level} was not spoken"],
  "case.what": ["识别为{label}，置信度 {score}%", "Seen as {label}, {score}% certain"],
  "case.why": ["立案依据", "Why it was raised"],
  "case.zone": ["区域“{name}”，第 {version} 版规则", "Zone “{name}”, version {version}"],
  "desk.count": ["共 {count} 件，第 {page}/{pages} 页", "{count} cases, page {page} of {pages}"],
  "desk.empty": ["没有符合条件的案件", "No case matches"],
  "desk.every_kind": ["全部类型", "All kinds"],
  "desk.filter": ["按状态筛选", "Filter by state"],
  "desk.keys": ["J/K 或 ↑↓ 切换案件", "J/K or ↑↓ to move"],
  "desk.kind": ["类型", "Kind"],
  "dialog.leave": ["关闭窗口", "Close this window"],
  "dialog.ok": ["确定", "OK"],
  "filter.all": ["全部", "All"],
  "filter.done": ["已办结", "Done"],
  "filter.false": ["误报", "False"],
  "filter.filed": ["已立案", "Filed"],
  "filter.todo": ["待处理", "To do"],
  "gear.full": ["全帧解码", "every frame"],
  "gear.key": ["仅关键帧", "key frames"],
  "gear.off": ["不解码", "off"],
  "gear.rate": ["按需抽帧", "some frames"],
  "happened.add_pack": ["证据已固定", "Evidence was kept"],
  "happened.close": ["已结案", "Closed"],
  "happened.confirm": ["人工确认", "Confirmed"],
  "happened.dismiss": ["判为误报", "Called false"],
  "happened.end": ["违规行为已结束", "The offence ended"],
  "happened.file": ["已立案", "Filed"],
  "happened.open": ["系统发现并建档", "Raised"],
  "happened.reopen": ["重新打开", "Reopened"],
  "happened.resolve": ["劝导后已整改", "Resolved"],
  "happened.warn": ["开始喊话", "Warning ordered"],
  "health.add": ["添加摄像机", "Add a camera"],
  "health.add_id": ["编号（字母、数字、-、_）", "Id (letters, digits, - and _)"],
  "health.add_name": ["名称", "Name"],
  "health.add_place": ["位置", "Place"],
  "health.add_url": ["地址（rtsp://用户名:密码@主机/路径）", "Address (rtsp://user:password@host/path)"],
  "health.added": ["已添加 {name}", "{name} was added"],
  "health.camera": ["摄像机", "Camera"],
  "health.cameras": ["摄像机", "Cameras"],
  "health.clock": ["时钟误差", "Clock error"],
  "health.disk": ["可用磁盘", "Free disk"],
  "health.dropped": ["跳过", "Dropped"],
  "health.engine": ["推理引擎", "Engine"],
  "health.fine": ["一切正常", "All is well"],
  "health.gear": ["解码", "Decoding"],
  "health.held_back": ["待写入证据", "Evidence waiting"],
  "health.horn": ["喇叭", "Horn"],
  "health.horns": ["喇叭", "Horns"],
  "health.key_interval": ["关键帧间隔", "Key frames"],
  "health.last": ["上次播报", "Spoke last"],
  "health.looked": ["分析帧数", "Looked at"],
  "health.model": ["模型", "Model"],
  "health.never": ["从未", "never"],
  "health.no_horns": ["没有配置喇叭", "No horn is configured"],
  "health.rate": ["帧率", "Frame rate"],
  "health.reconnects": ["重连", "Reconnects"],
  "health.remove": ["删除 {name}", "Remove {name}"],
  "health.remove_ask": ["停止监看“{name}”并删除？已有案件会保留。", "Stop watching “{name}” and remove it? Its cases stay."],
  "health.removed": ["已删除 {name}", "{name} was removed"],
  "health.ring": ["回看缓存", "Look back"],
  "health.running": ["已运行", "Running for"],
  "health.state": ["状态", "State"],
  "health.stream": ["码流", "Stream"],
  "health.version": ["版本", "Version"],
  "health.view": ["画面", "View"],
  "horn.file": ["录音文件 {file}", "written to {file}"],
  "horn.receipt": ["{horn}，{seconds}，{codec}", "{horn}, {seconds}, {codec}"],
  "horn.say_title": ["向“{name}”喊话", "Speak at {name}"],
  "horn.speak": ["播放", "Speak"],
  "horn.spoken": ["已交给喇叭播放", "Handed to the horn"],
  "horn.stop": ["停止播放", "Be silent"],
  "horn.stopped": ["已停止播放", "The horn is silent"],
  "horn.suggestion": ["请不要占道，我们正在实施监控，请配合我们工作。", "Please keep the road clear. This place is being watched. Thank you."],
  "horn.test": ["试音", "Test"],
  "horn.warned": ["喊话已下达", "The warning is on its way"],
  "horn.words": ["喊话内容", "Words"],
  "hornstate.away": ["离线", "Away"],
  "hornstate.busy": ["被他人占用", "Taken by somebody else"],
  "hornstate.ok": ["正常", "Ready"],
  "hornstate.refused": ["被拒绝", "Refused"],
  "hornstate.speaking": ["播报中", "Speaking"],
  "hornstate.starting": ["连接中", "Connecting"],
  "label.bicycle": ["自行车", "bicycle"],
  "label.bus": ["公交车", "bus"],
  "label.car": ["汽车", "car"],
  "label.flyers": ["小广告", "posted paper"],
  "label.goods": ["货物", "goods"],
  "label.motorcycle": ["摩托车", "motorcycle"],
  "label.parking": ["违停车辆", "parked vehicle"],
  "label.person": ["行人", "person"],
  "label.stall": ["摊位", "stall"],
  "label.table": ["桌子", "table"],
  "label.tricycle": ["三轮车", "tricycle"],
  "label.truck": ["货车", "truck"],
  "label.umbrella": ["遮阳伞", "umbrella"],
  "label.unknown": ["不明物体", "unknown object"],
  "label.vending": ["占道摊点", "vendor"],
  "missing.clip_too_short": ["录像时长不足", "the clip is short"],
  "missing.clock_error_too_large": ["时钟误差超过 1 秒", "the clock may be off by more than 1 s"],
  "missing.no_clip": ["缺少录像", "no clip"],
  "missing.no_close_up": ["缺少近景", "no close-up"],
  "missing.no_panorama": ["缺少全景", "no panorama"],
  "missing.no_second_panorama": ["缺少第二张全景", "no second panorama"],
  "missing.panoramas_too_close": ["两张全景间隔不足 10 秒", "the panoramas are less than 10 s apart"],
  "missing.picture_too_small": ["图像小于 1280×720", "pictures are smaller than 1280×720"],
  "nav.cases": ["案件", "Cases"],
  "nav.health": ["运行", "Health"],
  "nav.wall": ["实时监看", "Live wall"],
  "nav.zones": ["区域", "Zones"],
  "offence.flyers": ["野广告", "Posted flyers"],
  "offence.parking": ["违章停车", "Illegal parking"],
  "offence.vending": ["占道经营", "Street vending"],
  "purpose.after_warning": ["喊话之后", "After the warning"],
  "purpose.closing": ["结案时", "At closing"],
  "quick.by_mistake": ["误操作", "Closed by mistake"],
  "quick.came_back": ["再次出现", "It came back"],
  "quick.duplicate": ["重复案件", "Filed twice"],
  "quick.gone": ["已自行离开", "Gone by itself"],
  "quick.handled": ["现场已处置", "Handled on the spot"],
  "quick.light_or_weather": ["光线或天气造成", "Light or weather"],
  "quick.not_an_offence": ["并非违规", "Not an offence"],
  "quick.passed_on": ["已移交", "Passed on"],
  "quick.permitted": ["经许可", "It is permitted"],
  "quick.waiting": ["临时等候或排队", "Waiting or queueing"],
  "rail.empty": ["暂无告警", "No alarms"],
  "rail.title": ["最新告警", "Latest alarms"],
  "reason.attended": ["有人看守的时间占 {value}", "Attended for {value} of the time"],
  "reason.dwell": ["已停留 {value}", "Has stayed for {value}"],
  "reason.held": ["其中排队等不计时 {value}", "Of which {value} in a queue did not count"],
  "reason.limit": ["允许 {value}", "Allowed: {value}"],
  "reason.paper": ["与原墙面差异 {value}", "Differs from the bare surface by {value}"],
  "reason.print": ["印刷纹理占 {value}", "Print covers {value} of it"],
  "refusal.no_seat": ["同时打开的画面太多", "Too many live pictures at once"],
  "refusal.sign_in_locked": ["密码错误次数过多，请稍后再试", "Too many wrong passwords; try again later"],
  "refusal.sign_in_refused": ["用户名或密码错误，或账号已停用", "Name or password is wrong, or the account is disabled"],
  "refusal.stale_edit": ["案件已被他人更改，请核对后再操作", "Somebody else changed this case; look at it again"],
  "refusal.too_many_attempts": ["尝试次数过多，请稍后再试", "Too many attempts; try again later"],
  "refusal.unreachable": ["无法连接服务器", "The server cannot be reached"],
  "role.audio": ["录音", "Sound"],
  "role.clip": ["录像", "Clip"],
  "role.close_up": ["近景", "Close-up"],
  "role.marked": ["标注图", "Marked"],
  "role.other": ["其他", "Other"],
  "role.panorama": ["全景", "Panorama"],
  "role.reference": ["参照图", "Reference"],
  "rule.attend_distance": ["看守距离（人身高）", "Attends within (body heights)"],
  "rule.attend_ratio": ["看守时间占比", "Attended share"],
  "rule.gone_s": ["消失判定（秒）", "Counts as gone after (s)"],
  "rule.grace_s": ["宽限（秒）", "Grace (s)"],
  "rule.join_distance": ["合并距离（物体尺寸）", "One stall within (sizes)"],
  "rule.limit_s": ["时限（秒）", "Limit (s)"],
  "rule.max_area_ratio": ["最大面积占比", "Largest share of surface"],
  "rule.min_area_ratio": ["最小面积占比", "Smallest share of surface"],
  "rule.min_contrast": ["最小反差", "Smallest contrast"],
  "rule.min_edge_ratio": ["最小印刷纹理占比", "Smallest share of print"],
  "rule.min_footprint_ratio": ["落地面积占比", "Ground inside the zone"],
  "rule.min_rectangularity_ratio": ["最小矩形度", "Smallest rectangularity"],
  "rule.min_score": ["最低置信度", "Lowest score"],
  "rule.min_side_px": ["最小边长（像素）", "Smallest side (px)"],
  "rule.min_umbrella_width": ["最小伞宽（人身高）", "Smallest umbrella (body heights)"],
  "rule.min_unknown_size": ["最小不明物体（人身高）", "Smallest unknown object (body heights)"],
  "rule.queue_hold_s": ["排队最长不计时（秒）", "Queue holds for (s)"],
  "rule.queue_vehicles": ["判为排队的车数", "Vehicles that make a queue"],
  "session.enter": ["登录", "Sign in"],
  "session.lead": ["城市街面智能监看", "The city's eye on the street"],
  "session.leave": ["退出登录", "Sign out"],
  "session.name": ["用户名", "Name"],
  "session.password": ["密码", "Password"],
  "sessionrole.admin": ["管理员", "administrator"],
  "sessionrole.operator": ["值班员", "operator"],
  "sessionrole.viewer": ["观察员", "viewer"],
  "state.candidate": ["待核实", "Candidate"],
  "state.closed": ["已结案", "Closed"],
  "state.confirmed": ["已确认", "Confirmed"],
  "state.dismissed": ["误报", "False alarm"],
  "state.filed": ["已立案", "Filed"],
  "state.resolved": ["已整改", "Resolved"],
  "state.warned": ["已喊话", "Warned"],
  "tile.expand": ["放大或还原", "Enlarge or restore"],
  "tile.pictures": ["图片模式", "Stills"],
  "tile.pictures_why": ["浏览器不能播放此编码，改用图片", "This browser cannot play the codec; stills are shown"],
  "tile.say": ["喊话", "Speak"],
  "unit.days": ["{days}天{hours}时", "{days} d {hours} h"],
  "unit.hours": ["{hours}时{minutes}分", "{hours} h {minutes} min"],
  "unit.minutes": ["{minutes}分{seconds}秒", "{minutes} min {seconds} s"],
  "unit.seconds": ["{seconds}秒", "{seconds} s"],
  "view.blocked": ["遮挡", "blocked"],
  "view.dark": ["过暗", "dark"],
  "view.defocused": ["模糊", "out of focus"],
  "view.frozen": ["画面冻结", "frozen"],
  "view.moved": ["移位", "moved"],
  "view.ok": ["正常", "clear"],
  "wall.boxes": ["目标框", "Boxes"],
  "wall.count": ["{count} 路摄像机", "{count} cameras"],
  "wall.empty": ["还没有摄像机，请在“运行”页添加。", "No camera yet; add one on the Health page."],
  "wall.layout": ["{count} 画面", "{count} at a time"],
  "wall.layouts": ["画面布局", "Layout"],
  "wall.next": ["下一页", "Next page"],
  "wall.previous": ["上一页", "Previous page"],
  "wall.zones": ["区域线", "Zones"],
  "zones.add": ["画新区域", "Draw a zone"],
  "zones.add_corner": ["添加角点", "Add a corner here"],
  "zones.camera": ["摄像机", "Camera"],
  "zones.corner": ["第 {number} 个角点，方向键移动，Delete 删除", "Corner {number}: arrow keys move it, Delete removes it"],
  "zones.delete": ["删除区域", "Delete this zone"],
  "zones.draw_hint": ["在画面上逐点单击，点回第一个角点或按 Enter 完成，Esc 取消。", "Click corner by corner; click the first one or press Enter to finish, Esc to give up."],
  "zones.edit_hint": ["拖动角点移动，点边中间的小点加角点，双击角点删除。", "Drag corners; the small dots add one; double-click removes one."],
  "zones.list": ["已有区域", "Zones of this camera"],
  "zones.more": ["更多参数", "More settings"],
  "zones.name": ["名称", "Name"],
  "zones.new_name": ["新区域 {number}", "New zone {number}"],
  "zones.no_picture": ["暂无画面", "No picture yet"],
  "zones.none": ["还没有区域", "No zone yet"],
  "zones.refresh": ["刷新画面", "New picture"],
  "zones.rule": ["规则", "Rule"],
  "zones.save": ["保存", "Save"],
  "zones.saved": ["区域已保存并生效", "Zones are saved and in force"],
  "zones.title": ["区域与规则", "Zones and rules"],
  "zones.unsaved": ["有未保存的修改", "Not saved yet"],
  "zones.version": ["第 {version} 版", "version {version}"],
};

const LANGUAGES = ["zh", "en"];
const STORED = "language";

let language = LANGUAGES.includes(localStorage.getItem(STORED))
  ? localStorage.getItem(STORED)
  : navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
document.documentElement.lang = language;

// Returns the words of a key, with {places} filled in from `values`.
export function t(key, values = {}) {
  const words = WORDS[key]?.[LANGUAGES.indexOf(language)] ?? key;
  return words.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

export const has = (key) => key in WORDS;

// Returns the word for a value of the server, or the bare value where there is none.
export const word = (family, value) => (has(`${family}.${value}`) ? t(`${family}.${value}`) : String(value));

// Returns a button that changes the language and then calls `onChange`.
export function languageSwitch(onChange) {
  const element = document.createElement("button");
  element.type = "button";
  element.className = "button ghost language";
  element.textContent = t("bar.language");
  element.addEventListener("click", () => {
    language = language === "zh" ? "en" : "zh";
    localStorage.setItem(STORED, language);
    document.documentElement.lang = language;
    onChange();
  });
  return element;
}

// Returns what a refused request means: our own words where we have them, else the server's sentence.
export const refusalWords = (refusal) => (has(`refusal.${refusal.code}`) ? word("refusal", refusal.code) : refusal.message || String(refusal));

// Returns one measurement that led to a case, as a sentence.
export function reasonWords({ key, value, unit }) {
  const amount = quantity(value, unit);
  return has(`reason.${key}`) ? t(`reason.${key}`, { value: amount }) : `${key}: ${amount}`;
}

// Returns a number with its unit: s, ratio, px, m, bytes, or none.
export function quantity(value, unit) {
  if (unit === "s") return value >= 60 ? duration(value) : t("unit.seconds", { seconds: round(value) });
  if (unit === "ratio") return `${Math.round(value * 100)}%`;
  if (unit === "bytes") return bytes(value);
  return unit ? `${round(value)} ${unit}` : String(round(value));
}

// Whole numbers from ten up, one decimal from one up, two below: as exact as anybody reads.
function round(value) {
  const steps = Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 10 : 100;
  return Math.round(value * steps) / steps;
}

function bytes(value) {
  const step = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  return `${round(value / 2 ** (10 * step))} ${["B", "KiB", "MiB", "GiB", "TiB"][step]}`;
}

// Returns a length of time in its two largest units.
export function duration(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const [days, hours, minutes] = [Math.floor(whole / 86400), Math.floor(whole / 3600), Math.floor(whole / 60)];
  if (days) return t("unit.days", { days, hours: hours % 24 });
  if (hours) return t("unit.hours", { hours, minutes: minutes % 60 });
  if (minutes) return t("unit.minutes", { minutes, seconds: whole % 60 });
  return t("unit.seconds", { seconds: whole });
}

const locale = () => (language === "zh" ? "zh-CN" : "en-GB");

// Returns hours, minutes and seconds of an ISO time, in local time; of another day with its date.
export function clock(iso) {
  const moment = new Date(iso);
  const time = moment.toLocaleTimeString(locale(), { hour12: false });
  return moment.toDateString() === new Date().toDateString() ? time : `${day(iso)} ${time}`;
}

// Returns the date of an ISO time, in local time.
export const day = (iso) => new Date(iso).toLocaleDateString(locale());
