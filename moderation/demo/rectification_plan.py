"""The text of the invented plan and campaign of 云岭县, with dates around the demo's present. Nothing in it is real."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

Day = Callable[[int], date]


@dataclass(frozen=True)
class Item:
    """One item of the plan: problem, target, measures, leader, lead unit, responsible units, deadline."""

    problem: str
    target: str
    measures: tuple[str, ...]
    leader: str
    lead: str
    units: str
    deadline: str


def _month_end(day: date) -> str:
    return f"{day.year}年{day.month}月底前"


def _exact(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _items(day: Day) -> tuple[Item, ...]:
    """``day(n)``: n days before the present; negative: after it."""
    return (
        Item(
            "北渠沿线仍有直排口。督察抽查北渠12公里，发现生活污水直排口18个，雨后水体发黑。",
            f"{_month_end(day(-40))}封堵直排口18个，北渠断面达到Ⅳ类水质。",
            ("逐口登记，一口一策。", "分三段封堵直排口，接入污水管网。", "每两个月监测1次断面水质，结果公开。"),
            "水分管领导（虚构）",
            "县水利局",
            "北渠街道办事处、县住房城乡建设局",
            _month_end(day(-40)),
        ),
        Item(
            "建筑工地扬尘管控不到位。抽查工地15处，9处围挡、喷淋不齐。",
            "工地扬尘防治措施全部到位。",
            ("建立工地台账。", "每周调度，未达标的停工。", "对整改不力的企业扣除环境信用分。"),
            "城建分管领导（虚构）",
            "县住房城乡建设局",
            "县城市管理局、青石镇人民政府",
            _exact(day(25)) + "前完成",
        ),
        Item(
            "禁燃区内还有燃煤锅炉。老纺织厂2台锅炉仍在用煤。",
            "拆除2台燃煤锅炉。",
            ("断水断电，拆除锅炉。", "场地复绿。"),
            "工业分管领导（虚构）",
            "县生态环境局",
            "县科技和工业信息化局",
            _month_end(day(70)),
        ),
        Item(
            "畜禽养殖粪污直排。柳溪镇有6家养殖户粪污进入水沟。",
            "6家养殖户粪污全部收集利用。",
            ("建设集粪池6座。", "签订还田协议。"),
            "农业分管领导（虚构）",
            "县农业农村局",
            "柳溪镇人民政府",
            _month_end(day(20)),
        ),
        Item(
            "废弃矿山没有修复。松坪乡两处废弃采石场应修复45亩，只修复5亩。",
            "修复废弃采石场45亩。",
            ("编制一矿一策方案。", "削坡、覆土、种树。"),
            "资源分管领导（虚构）",
            "县自然资源局",
            "松坪乡人民政府",
            _month_end(day(5)),
        ),
        Item(
            "渣土车沿路抛洒。城区道路夜间多次发现渣土车不密闭。",
            "渣土车全部密闭运输。",
            ("每周不少于2次路检。", "公布举报电话。"),
            "城建分管领导（虚构）",
            "县城市管理局",
            "县住房城乡建设局",
            "立即整改，长期坚持",
        ),
        Item(
            "垃圾填埋场运行不规范。作业面没有及时覆盖，渗滤液处理能力不足。",
            "填埋作业规范，渗滤液达标排放。",
            ("日覆盖。", "渗滤液处理设施扩容到每日200吨。"),
            "城建分管领导（虚构）",
            "县城市管理局",
            "云门镇人民政府",
            _month_end(day(70)),
        ),
        Item(
            "加油站油气回收设施停用。抽查11座加油站，4座停用。",
            "11座加油站油气回收全部正常运行。",
            ("逐站检测。", "停用的限期修复。"),
            "市场分管领导（虚构）",
            "县生态环境局",
            "县科技和工业信息化局",
            _month_end(day(-25)),
        ),
        Item(
            "重点排污单位在线监控没有联网。应联网36台，联网21台。",
            "36台在线设备全部联网。",
            ("督促安装联网。", "逾期的依法处理。"),
            "环保分管领导（虚构）",
            "县生态环境局",
            "各乡镇人民政府",
            _month_end(day(-20)),
        ),
        Item(
            "尾矿库有隐患。青石沟尾矿库排洪沟破损。",
            "完成隐患治理并通过验收。",
            ("修复排洪沟。", "安装在线监测。"),
            "应急分管领导（虚构）",
            "县自然资源局",
            "青石镇人民政府",
            f"{_exact(day(-30))}前完成治理工程施工，{_exact(day(-75))}前完成验收工作",
        ),
        Item(
            "乡镇污水处理站建设滞后。规划5座，开工1座。",
            "建成5座污水处理站。",
            ("完成招标。", "分批开工。"),
            "水分管领导（虚构）",
            "县水利局",
            "相关乡镇人民政府",
            f"{_month_end(day(10))}完成招标任务",
        ),
        Item(
            "工业园区雨污不分。园区雨水沟有工业废水痕迹。",
            "园区雨污分流。",
            ("排查管线。", "改造管网3公里。"),
            "工业分管领导（虚构）",
            "县科技和工业信息化局",
            "青石镇人民政府",
            f"{day(-60).year}年{day(-60).month}月前",
        ),
        Item(
            "秸秆露天焚烧仍有发生。秋收后卫星火点4个。",
            "不发生大面积焚烧。",
            ("划片巡查。", "秸秆离田2万亩。"),
            "农业分管领导（虚构）",
            "县农业农村局",
            "各乡镇人民政府",
            "立即整改，持续推进",
        ),
        Item(
            "餐饮油烟扰民。北渠街道有23家饭店没有净化设施。",
            "23家饭店全部安装净化设施。",
            ("上门告知。", "限期安装。"),
            "城建分管领导（虚构）",
            "",
            "北渠街道办事处、县城市管理局",
            _month_end(day(40)),
        ),
        Item(
            "公开栏目更新不及时。网站 <script>alert('测试')</script> 栏目、“=1+1”表格和 **星号** 都应原样显示。",
            "按时更新，原样公开。",
            ("每周核对栏目。", "出错的当日更正。"),
            "宣传分管领导（虚构）",
            "县委宣传部",
            "县生态环境局",
            _month_end(day(-90)),
        ),
    )


def plan_text(issued: date, day: Day) -> str:
    """The plan as an official paper in plain text; item 14 has no lead unit, item 12 a deadline that must be asked."""
    head = [
        "云政发〔2026〕12号",
        "云岭县生态环境保护督察反馈问题整改方案",
        "（虚构，仅供演示）",
        "",
        _exact(issued),
        "",
        "一、总体要求",
        "台账式、清单式管理，逐项销号，开展回头看，反弹必追责。",
        "",
        "附件：整改任务清单",
        "",
        "经梳理，涉及云岭县的问题共15个：",
        "",
    ]
    return "\n".join([*head, *(_item_text(number, item) for number, item in enumerate(_items(day), start=1))])


def _item_text(number: int, item: Item) -> str:
    measures = "".join(f"（{n}）{text}" for n, text in enumerate(item.measures, start=1))
    lines = [
        f"{number}.{item.problem}",
        "",
        f"整改目标：{item.target}",
        f"整改措施：{measures}",
        f"责任领导：{item.leader}",
        *([f"牵头单位：{item.lead}"] if item.lead else []),
        f"责任单位：{item.units}",
        "责 任 人：各单位主要负责人",
        f"整改时限：{item.deadline}",
        "",
    ]
    return "\n".join(lines)


@dataclass(frozen=True)
class Battle:
    """One row of the campaign: what is counted, how many, how far."""

    number: int
    title: str
    unit_name: str
    counted: str
    total: str
    unit: str
    done: str
    days: int
    said: str


CAMPAIGN = (
    Battle(
        1, "“散乱污”企业清零", "县科技和工业信息化局", "取缔或提升“散乱污”企业", "46", "家", "46", 12, "46家全部清零，逐家复核。"
    ),
    Battle(2, "燃煤锅炉拆改", "县生态环境局", "拆改燃煤锅炉", "66", "台", "49", 8, "累计拆改49台，余17台等气源。"),
    Battle(3, "入河排污口截污治污", "县水利局", "截污治污排污口", "227", "个", "171", -45, "累计完成171个，其余已开工。"),
)


def campaign_text(day: Day) -> str:
    """The campaign as the short list that newspapers print: a task, a unit, a date."""
    lines = ["云岭县污染防治三场硬仗任务清单（虚构，仅供演示）", ""]
    for row in CAMPAIGN:
        lines += [
            f"{row.number}.{row.title}。",
            f"整改目标：完成{row.counted}{row.total}{row.unit}。",
            f"牵头单位：{row.unit_name}",
            f"责任单位：{row.unit_name}",
            f"整改时限：{_exact(day(row.days))}前",
            "",
        ]
    return "\n".join(lines)
