"""How a report's page looks, and its one script: what the pointer is on. Nothing is asked of another host."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{color-scheme:light dark;--fg:#16191d;--dim:#5c6673;--bg:#fff;--card:#f6f7f9;--line:#e3e7ec;--main:#1661c7;
--other:#8b95a3;--up:#0f7b46;--down:#c2352b}
@media (prefers-color-scheme:dark){:root{--fg:#e8ebef;--dim:#98a3b1;--bg:#111418;--card:#1a1e24;--line:#2a3038;
--main:#6cadf5;--other:#7d8896;--up:#45c488;--down:#f27a6c}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--fg);background:var(--bg);
max-width:1080px;margin:0 auto;padding:2rem 1.25rem 3rem;-webkit-text-size-adjust:100%}
h1{font-size:1.7rem;line-height:1.2;margin:0;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:0 0 .6rem}
p{margin:.35rem 0;color:var(--dim)}p b{color:var(--fg);font-weight:600}section{margin-top:2.2rem}
.lead{font-size:1.1rem;margin-top:.7rem;color:var(--fg)}
.up{color:var(--up)}.down{color:var(--down)}
.tiles{display:grid;grid-template-columns:repeat(6,1fr);gap:.75rem;margin:1.4rem 0 0}
.tiles div{background:var(--card);border-radius:.6rem;padding:.7rem .8rem}
dl{margin:0}dt{color:var(--dim);font-size:.78rem}
dd{margin:0;font-variant-numeric:tabular-nums}.tiles dd{font-size:1.3rem;font-weight:600;letter-spacing:-.01em;
white-space:nowrap}
.groups{display:grid;grid-template-columns:repeat(4,1fr);gap:1.2rem 2rem}
.groups h3{font-size:.8rem;color:var(--dim);font-weight:600;margin:0 0 .2rem}
.groups dl div{display:flex;justify-content:space-between;gap:1rem;border-bottom:1px solid var(--line);padding:.22rem 0}
.groups dt{font-size:.85rem}.groups dd{font-size:.9rem;white-space:nowrap}
.note{background:var(--card);border-left:3px solid var(--main);border-radius:.3rem;padding:.55rem .9rem;
margin-top:1.1rem}
.head{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:.1rem 1rem;margin-bottom:.5rem}
.head h2{margin:0}.key{font-size:.8rem;color:var(--dim);font-variant-numeric:tabular-nums}
.key span{margin-left:.9rem;white-space:nowrap}.key>span:first-child{margin-left:0}.key span span{margin-left:.35em}
.key u{display:inline-block;width:.9em;height:.18em;border-radius:1px;vertical-align:.28em;margin-right:.35em}
.plot{position:relative;height:280px;margin:0 0 1.5rem 3.4rem;cursor:crosshair;touch-action:pan-y}
.plot.drawdown{height:130px}.plot.price{height:340px}
.plot svg{position:absolute;inset:0;width:100%;height:100%;overflow:visible}.plot.price svg{overflow:hidden}
.plot path{fill:none;vector-effect:non-scaling-stroke;stroke-linejoin:round}
.plot .grid{stroke:var(--line)}.plot .main{stroke:var(--main);stroke-width:1.8}
.plot .other{stroke:var(--other);stroke-width:1.2}.plot .close{stroke:var(--other);stroke-width:1.2}
.plot .area{fill:var(--down);fill-opacity:.2;stroke:none}.plot .deep{stroke:var(--down);stroke-width:1}
.plot .gained{stroke:var(--up);stroke-width:2}.plot .lost{stroke:var(--down);stroke-width:2}
.plot .stop{stroke:var(--down);stroke-dasharray:2 2;opacity:.75}
.plot .target{stroke:var(--up);stroke-dasharray:2 2;opacity:.75}
.plot span{position:absolute;font-size:.72rem;color:var(--dim);font-variant-numeric:tabular-nums;white-space:nowrap}
.plot .y{right:100%;margin-right:.5rem;transform:translateY(-50%)}
.plot .x{top:100%;margin-top:.3rem;transform:translateX(-50%)}
.plot i{position:absolute;width:0;height:0;border:4px solid transparent;margin-left:-4px}
.plot .buy{border-bottom:7px solid var(--up);border-top:0;margin-top:2px}
.plot .sell{border-top:7px solid var(--down);border-bottom:0;margin-top:-9px}
.cursor{position:absolute;top:0;bottom:0;width:1px;background:var(--dim);pointer-events:none}
.scroll{overflow:auto;max-height:34rem}
table{border-collapse:collapse;width:100%;font-size:.82rem;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:.3rem .55rem;border-bottom:1px solid var(--line);white-space:nowrap}
th{font-weight:600;color:var(--dim);position:sticky;top:0;background:var(--bg);z-index:1}
th:first-child,td:first-child,.text{text-align:left}td.text{white-space:normal;min-width:9rem}
h2 small{font-weight:400;color:var(--dim);font-size:.75rem}
.months{table-layout:fixed}
.months td,.months th{padding:.28rem .3rem;border:2px solid var(--bg);border-width:1px 2px;border-radius:5px}
.months td{background:color-mix(in srgb,var(--tone) calc(var(--heat)*55%),transparent)}
.months td:first-child,.months .none{background:none;color:var(--dim)}.months td:last-child{font-weight:600}
.gains{--tone:var(--up)}.losses{--tone:var(--down)}
footer{margin-top:2.5rem;font-size:.85rem}footer h3{font-size:.85rem;margin:1rem 0 0}
code{font:.85em ui-monospace,SFMono-Regular,Menlo,monospace;overflow-wrap:anywhere}
.pins{columns:3;column-gap:2rem;margin-top:.6rem}.pins div{display:flex;justify-content:space-between;gap:.7rem;
break-inside:avoid;border-bottom:1px solid var(--line);padding:.12rem 0}
.pins dd{overflow-wrap:anywhere;text-align:right}
@media (max-width:860px){.tiles{grid-template-columns:repeat(3,1fr)}.groups{grid-template-columns:repeat(2,1fr)}
.pins{columns:2}}
@media (max-width:560px){body{padding:1.2rem .9rem 2rem}h1{font-size:1.35rem}.lead{font-size:1rem}
.tiles{grid-template-columns:repeat(2,1fr);gap:.5rem}.tiles dd{font-size:1.15rem}.groups{gap:1rem 1.1rem}
.plot{margin-left:2.7rem;height:210px}.plot.drawdown{height:100px}.plot.price{height:240px}
.plot .x:nth-of-type(even){display:none}.pins{columns:1}.months{font-size:.72rem;min-width:36rem}
td.text{white-space:nowrap}.plot i{transform:scale(.75)}
.groups dl div{gap:.4rem}.groups dt,.groups dd{font-size:.78rem}}
@media (max-width:400px){.groups{grid-template-columns:1fr}}
@media print{:root{color-scheme:light;--fg:#000;--dim:#444;--bg:#fff;--card:#f3f4f6;--line:#ddd;--main:#1661c7;
--other:#777;--up:#0f7b46;--down:#c2352b}body{max-width:none;padding:0;font-size:11pt;
-webkit-print-color-adjust:exact;print-color-adjust:exact}.scroll{overflow:visible;max-height:none}
.tiles{grid-template-columns:repeat(6,1fr)}.tiles dd{font-size:1rem}.figure,.tiles,.groups{break-inside:avoid}
tr{break-inside:avoid}th{position:static}th,td{padding:.2rem .35rem}table{font-size:7.5pt}
td.text{min-width:5rem}thead{display:table-header-group}}
"""

SCRIPT: Final = """
(()=>{const d=JSON.parse(document.getElementById('data').textContent),n=d.date.length,last=d.last;
const plots=[...document.querySelectorAll('.plot')],outs=[...document.querySelectorAll('[data-of]')];
const say=k=>{for(const o of outs){const v=(d[o.dataset.of]||[])[k];o.textContent=v==null?'':
typeof v==='string'?v:v.toLocaleString('en',{minimumFractionDigits:2,maximumFractionDigits:2})+(o.dataset.unit||'')}};
const move=(p,e)=>{const r=p.getBoundingClientRect(),at=Math.min(1,Math.max(0,(e.clientX-r.left)/r.width))*last;
let lo=0,hi=n-1;while(lo<hi){const m=lo+hi>>1;d.at[m]<at?lo=m+1:hi=m}if(lo>0&&at-d.at[lo-1]<d.at[lo]-at)lo--;
for(const q of plots){const c=q.querySelector('.cursor');c.hidden=false;c.style.left=100*d.at[lo]/last+'%'}say(lo)};
for(const p of plots){p.addEventListener('pointermove',e=>move(p,e));p.addEventListener('pointerdown',e=>move(p,e));
p.addEventListener('pointerleave',()=>{for(const q of plots)q.querySelector('.cursor').hidden=true;
say(n-1)})}say(n-1)})()
"""
