"""The page's style sheet: system fonts, a light and a dark palette, nothing fetched."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark;
  --paper:#fbfaf8; --card:#fff; --ink:#1d2129; --soft:#667080; --line:#e3e1dc; --tint:#f3f1ec;
  --ok:#1d8a5f; --bad:#cf3a46; --warn:#b97a08; --note:#3a6fd0; --dim:#8458b8; --shade:0 1px 2px #0001,0 4px 16px #0000000a; }
@media (prefers-color-scheme: dark) { :root {
  --paper:#14161b; --card:#1c1f26; --ink:#e6e8ec; --soft:#98a1b0; --line:#2e333d; --tint:#242832;
  --ok:#4cc38a; --bad:#ff6b74; --warn:#f0b13c; --note:#7aa7ff; --dim:#bf98f0; --shade:none; } }
* { box-sizing:border-box } html { scroll-behavior:smooth }
body { margin:0; background:var(--paper); color:var(--ink); font:15px/1.5 system-ui,sans-serif; }
main,header>div { max-width:1180px; margin:0 auto; padding:0 24px }
code,.mono,td.n,svg text { font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace }
code { font-size:.92em; background:var(--tint); padding:.1em .4em; border-radius:4px; overflow-wrap:anywhere }
a { color:inherit; text-decoration-color:var(--soft) } h1,h2,h3,h4 { line-height:1.2; margin:0 }
header { border-bottom:1px solid var(--line); background:var(--card); padding:28px 0 0 }
header h1 { font-size:30px; letter-spacing:-.02em } header .kicker { color:var(--soft); font-size:13px; letter-spacing:.08em; text-transform:uppercase }
.meta { color:var(--soft); font-size:13px; display:flex; flex-wrap:wrap; gap:4px 20px; margin:10px 0 18px }
.figures { display:flex; flex-wrap:wrap; gap:8px 36px; margin:18px 0 } .figures b { display:block; font-size:24px; letter-spacing:-.02em }
.figures span { color:var(--soft); font-size:13px } .strip { display:block; width:100%; height:64px }
.strip .base { stroke:var(--line) } .certified { --c:var(--ok) } .violated { --c:var(--bad) } .off-profile { --c:var(--warn) }
.limit { --c:var(--note) } .unknown { --c:var(--dim) } .strip rect { fill:var(--c) }
.badge { color:var(--c); border:1px solid; border-radius:99px; padding:1px 10px; font-size:12px; font-weight:600; white-space:nowrap; display:inline-block }
.badge.big { font-size:16px; padding:4px 16px } .quiet { color:var(--soft) } .surprise { color:var(--bad); font-weight:600 }
section.subject { background:var(--card); border:1px solid var(--line); border-radius:10px; margin:20px 0; box-shadow:var(--shade); }
details>summary { cursor:pointer; list-style:none } details>summary::-webkit-details-marker { display:none }
.subject>details>summary { padding:16px 20px; display:flex; flex-wrap:wrap; gap:6px 14px; align-items:center }
.subject>details>summary h2 { font-size:18px } .subject .body { padding:0 20px 20px } .right { margin-left:auto }
h3 { font-size:13px; text-transform:uppercase; letter-spacing:.07em; color:var(--soft); margin:26px 0 8px }
.scroll { overflow-x:auto } table { border-collapse:collapse; width:100%; font-size:14px }
th { text-align:left; font-weight:500; color:var(--soft); font-size:12.5px } th,td { padding:5px 10px 5px 0; border-bottom:1px solid var(--line); vertical-align:top }
td.n,th.n { text-align:right; white-space:nowrap } tr:last-child td { border-bottom:0 } .overview td,.overview th { padding:6px 12px 6px 0; white-space:nowrap }
.story { border:1px solid var(--line); border-left:4px solid var(--c); border-radius:8px; margin:14px 0; overflow:hidden }
.story>div { padding:12px 16px } .story h4 { font-size:16px; margin-bottom:4px } .story .sentence { font-size:15px; margin:6px 0 0 }
.story .picture { background:var(--tint); overflow-x:auto; padding:6px 8px }
.lines { font-size:13px } .lines td { border:0; padding:2px 10px 2px 0; font-family:ui-monospace,Menlo,Consolas,monospace; overflow-wrap:anywhere }
.lines td.t { color:var(--soft); text-align:right; white-space:nowrap } .lines td.a { color:var(--soft); white-space:nowrap }
.lines tr.step td { font-weight:600; padding-top:8px } .lines tr.landed td.x { color:var(--warn) } .lines tr.missed td.x { color:var(--warn) }
.lines tr.crash td.x { color:var(--bad) } .lines tr.phase td.x,.lines tr.gap td.x { color:var(--soft); font-style:italic }
.lines tr.client td.x { color:var(--note) } .lines tr.state td.x { color:var(--dim) } .lines tr.w td { background:color-mix(in srgb,var(--bad) 11%,transparent) }
.lines td.m { color:var(--bad); width:1.4em; padding-left:4px } .foot { color:var(--soft); font-size:13px; border-top:1px solid var(--line) }
.heat td { text-align:center; font-size:12.5px; padding:3px 8px } .heat td:first-child,.heat th:first-child { text-align:left; white-space:nowrap }
.heat td.hit { background:color-mix(in srgb,var(--ok) var(--h),transparent) } .heat td.miss { color:var(--line) } .heat tr.never td:first-child { color:var(--warn) }
.bar { height:8px; border-radius:4px; background:var(--bad); overflow:hidden; max-width:420px } .bar i { display:block; height:100%; background:var(--ok) }
.chips { display:flex; flex-wrap:wrap; gap:6px } .chips code { padding:.15em .55em } footer { color:var(--soft); font-size:13px; padding:30px 0 60px }
svg .lane { stroke:var(--line); stroke-width:1.5 } svg .tick { stroke:var(--line); stroke-dasharray:2 4 } svg .time { fill:var(--soft); font-size:10.5px; text-anchor:middle }
svg .lane-name { fill:var(--ink); font-size:12px; text-anchor:end } svg .mark circle,svg .mark rect,svg .mark path { fill:var(--card); stroke:var(--ink); stroke-width:1.6 }
svg .mark.step circle { fill:var(--ink) } svg .number { fill:var(--card); font-size:11px; font-weight:700; text-anchor:middle }
svg .mark.client rect { fill:var(--note); stroke:none } svg .mark.landed path { fill:var(--warn); stroke:none } svg .mark.crash path { stroke:var(--bad); stroke-width:3 }
svg .mark.restart circle { fill:var(--ok); stroke:none } .lines tr.restart td.x { color:var(--ok) }
svg .mark.state circle { fill:var(--dim); stroke:none } svg .mark circle.witness { fill:none; stroke:var(--bad); stroke-width:2.2 } svg .arrow { fill:none; stroke:var(--soft); stroke-width:1.3; opacity:.75 }
svg .arrow.landed { stroke:var(--warn); stroke-dasharray:3 3 } svg .band { fill:var(--soft); opacity:.22 } svg .band.down { fill:var(--bad) }
svg .band.s-closed { fill:var(--ok) } svg .band.s-open { fill:var(--bad) } svg .band.s-half_open { fill:var(--warn) } svg .band-name { fill:var(--ink); font-size:11px }
@media print { section.subject { break-inside:avoid-page; box-shadow:none } }
"""
