"""The page's style sheet: system fonts, a light and a dark palette, nothing fetched."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark;
  --paper:#fbfaf8; --card:#fff; --ink:#1d2129; --soft:#59626f; --line:#e3e1dc; --tint:#f3f1ec;
  --ok:#17754d; --bad:#b92d39; --warn:#8a5a00; --note:#2f62c0; --dim:#7648ad; --shade:0 1px 2px #0001,0 4px 16px #0000000a; }
@media (prefers-color-scheme: dark) { :root {
  --paper:#14161b; --card:#1c1f26; --ink:#e6e8ec; --soft:#98a1b0; --line:#2e333d; --tint:#242832;
  --ok:#4cc38a; --bad:#ff6b74; --warn:#f0b13c; --note:#7aa7ff; --dim:#bf98f0; --shade:none; } }
* { box-sizing:border-box } html { scroll-behavior:smooth }
body { margin:0; background:var(--paper); color:var(--ink); font:15px/1.5 system-ui,sans-serif; }
main,header>div,footer { max-width:1180px; margin:0 auto; padding:0 24px }
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
h3,h4.part,h2.part,.tried h4 { font-size:13px; text-transform:uppercase; letter-spacing:.07em; color:var(--soft); margin:26px 0 8px }
.scroll { overflow-x:auto } table { border-collapse:collapse; width:100%; font-size:14px }
th { text-align:left; font-weight:500; color:var(--soft); font-size:12.5px } th,td { padding:5px 10px 5px 0; border-bottom:1px solid var(--line); vertical-align:top }
td.n,th.n { text-align:right; white-space:nowrap } tr:last-child td { border-bottom:0 } .overview td,.overview th { padding:6px 12px 6px 0 } .overview td:first-child { min-width:13em } .overview th { max-width:11em; min-width:5.5em; overflow-wrap:anywhere; vertical-align:bottom }
.story { border:1px solid var(--line); border-left:4px solid var(--c); border-radius:8px; margin:14px 0; overflow:hidden }
.story .scroll,.story .foot { padding:12px 16px } .story h4 { font-size:16px; margin-bottom:4px } .story .sentence { font-size:15px; margin:6px 0 0 }
.story summary { padding:12px 16px } .story summary:hover,.tried>summary:hover { background:var(--tint) }
.story summary::before,.tried>summary h3::before { content:"▸"; float:left; width:1.2em; color:var(--soft) } .story[open]>summary::before,.tried[open]>summary h3::before { content:"▾" }
.tried { margin-top:20px; border-top:1px solid var(--line) } .tried>summary h3 { margin:12px 0 } .story p,.subject p,h2,h4,li { overflow-wrap:anywhere } h2 { min-width:0 }
a.badge { text-decoration:underline; text-underline-offset:3px } :target { scroll-margin-top:12px } .story:has(:target) { outline:2px solid var(--c) }
.story .picture { background:var(--tint); overflow-x:auto; padding:6px 8px }
.lines { font-size:13px } .lines td { border:0; padding:2px 10px 2px 0; font-family:ui-monospace,Menlo,Consolas,monospace; overflow-wrap:anywhere }
.lines td.t { color:var(--soft); text-align:right; white-space:nowrap } .lines td.a { color:var(--soft); white-space:nowrap }
.lines tr.step td { font-weight:600; padding-top:8px } .lines tr.landed td.x { color:var(--warn) } .lines tr.missed td.x,.lines tr.late td.x { color:var(--warn) }
.lines tr.crash td.x { color:var(--bad) } .lines tr.phase td.x,.lines tr.gap td.x { color:var(--soft); font-style:italic }
.lines tr.client td.x { color:var(--note) } .lines tr.state td.x { color:var(--dim) } .lines tr.w td { background:color-mix(in srgb,var(--bad) 11%,transparent) }
.lines td.m { color:var(--bad); width:1.4em; padding-left:4px } .foot { color:var(--soft); font-size:13px; border-top:1px solid var(--line) }
.heat td { text-align:center; font-size:12.5px; padding:3px 8px } .heat { width:auto } .heat td:first-child,.heat th:first-child { text-align:left; overflow-wrap:anywhere; min-width:11em }
.heat th { vertical-align:bottom } .heat th span { writing-mode:vertical-rl; transform:rotate(180deg); white-space:nowrap }
.heat td.hit { background:color-mix(in srgb,var(--ok) var(--h),transparent) } .heat tr.never td:first-child { color:var(--warn) }
.bar { height:8px; border-radius:4px; background:var(--bad); overflow:hidden; max-width:420px } .bar i { display:block; height:100%; background:var(--ok) }
.chips { display:flex; flex-wrap:wrap; gap:6px } .chips code { padding:.15em .55em } footer { color:var(--soft); font-size:13px; padding-top:30px; padding-bottom:60px }
svg .lane { stroke:var(--line); stroke-width:1.5 } svg .tick { stroke:var(--line); stroke-dasharray:2 4 } svg .time { fill:var(--soft); font-size:10.5px; text-anchor:middle }
svg .lane-name { fill:var(--ink); font-size:12px; text-anchor:end } svg .mark circle,svg .mark rect,svg .mark path { fill:var(--card); stroke:var(--ink); stroke-width:1.6 }
svg .mark.step circle { fill:var(--ink) } svg .number { fill:var(--card); font-size:11px; font-weight:700; text-anchor:middle }
svg .mark.client rect { fill:var(--note); stroke:none } svg .mark.landed path { fill:var(--warn); stroke:none } svg .mark.crash path { stroke:var(--bad); stroke-width:3 }
svg .mark.restart circle { fill:var(--ok); stroke:none } .lines tr.restart td.x { color:var(--ok) }
svg .mark.state circle { fill:var(--dim); stroke:none } svg .mark circle.witness { fill:none; stroke:var(--bad); stroke-width:2.2 } svg .arrow { fill:none; stroke:var(--soft); stroke-width:1.3; opacity:.75 }
svg .arrow.landed { stroke:var(--warn); stroke-dasharray:3 3 } svg .band { fill:var(--soft); opacity:.22 } svg .band.down { fill:var(--bad) }
svg .band.s-closed { fill:var(--ok) } svg .band.s-open { fill:var(--bad) } svg .band.s-half_open { fill:var(--warn) } svg .band-name { fill:var(--ink); font-size:11px }
@media (prefers-reduced-motion:reduce) { html { scroll-behavior:auto } }
@media (max-width:640px) {
  main,header>div,footer { padding-left:14px; padding-right:14px } header h1 { font-size:22px } .figures { gap:8px 24px } .figures b { font-size:19px }
  .subject>details>summary { padding:12px 14px } .subject .body { padding:0 12px 14px } .right { margin-left:0 } .kind { display:none }
  .promises td,.promises th { padding-right:6px } .story .scroll,.story .foot { padding:8px 10px } .story summary { padding:10px }
  .lines,.lines tbody { display:block } .lines tr { display:grid; grid-template-columns:1.2em auto auto 1fr; column-gap:8px; padding:3px 0 }
  .lines td { padding:0 } .lines td.a { white-space:normal } .lines td.x { grid-column:2/-1 } .lines td.t { text-align:left } .lines tr.w { background:color-mix(in srgb,var(--bad) 11%,transparent) } .lines tr.w td { background:none } }
@media print {
  :root { --paper:#fff; --card:#fff; --ink:#000; --soft:#444; --line:#bbb; --tint:#f4f4f4; --ok:#17754d; --bad:#b92d39; --warn:#8a5a00; --note:#2f62c0; --dim:#7648ad; --shade:none }
  @page { margin:14mm } body { font-size:11px } main,header>div,footer { max-width:none; padding:0 } header h1 { font-size:20px } section.subject,.story { overflow:visible; break-inside:auto }
  .scroll,.story .picture { overflow:visible; padding:4px 0 } table { font-size:10px } .lines { font-size:9px } .heat td,.heat th { padding:2px 3px; font-size:8.5px } td:first-child,th:first-child { min-width:11em; overflow-wrap:anywhere } .lines td:first-child { min-width:0 }
  .overview td,.overview th { padding:3px 6px 3px 0 } .overview th:not(:first-child) { min-width:0 } code { overflow-wrap:anywhere } tr,summary { break-inside:avoid } h3,h4,summary { break-after:avoid } svg { max-width:100%; height:auto } .badge { padding:0 6px; font-size:9px } }
"""
