"""The page's style sheet: system fonts, light and dark, readable on a phone."""

# Chart colours are those of Okabe and Ito (2008), lightened for the dark page: told apart by readers
# with any common colour blindness. A status never speaks by colour alone.
STYLESHEET = """
:root {
  color-scheme: light dark;
  --page: #fcfcfa; --card: #ffffff; --ink: #1b1e23; --quiet: #5c636d; --line: #e3e4e0; --faint: #eef0ec;
  --c0: #0072b2; --c1: #d98200; --c2: #00845f; --c3: #b3568d; --c4: #3a9bd1; --c5: #c94f00; --c6: #7b828c;
  --ok: #00704f; --warning: #9a5b00; --leak: #b3261e;
  --ok-soft: #e3f2ec; --warning-soft: #fbefd8; --leak-soft: #fbe4e1;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1a1e23; --ink: #e6e8ea; --quiet: #9ba3ad; --line: #2e343b; --faint: #242a30;
    --c0: #5cb3e6; --c1: #f0a93b; --c2: #3cc79a; --c3: #df93bf; --c4: #8fd0f5; --c5: #f58a4b; --c6: #8d96a1;
    --ok: #5fd3a8; --warning: #f0b860; --leak: #ff8f85;
    --ok-soft: #17322a; --warning-soft: #382c14; --leak-soft: #3d1f1d;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 var(--sans); }
main { max-width: 1200px; margin: 0 auto; padding: 16px 32px 72px; }
a { color: inherit; }
h1, h2, h3, p, ul, dl, figure { margin: 0; padding: 0; }
h2 { font-size: 22px; font-weight: 650; letter-spacing: -.01em; }
h3 { font-size: 14px; font-weight: 600; }
p, li { overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--c0); outline-offset: 2px; }

.masthead { display: flex; flex-wrap: wrap; gap: 2px 16px; align-items: baseline; padding-bottom: 9px;
  border-bottom: 1px solid var(--line); font-size: 13px; color: var(--quiet);
  font-variant-numeric: tabular-nums; }
.masthead h1 { font-size: 18px; font-weight: 650; color: var(--ink); letter-spacing: -.01em; }
.masthead h1 small { font-size: 13px; font-weight: 400; color: var(--quiet); margin-right: 8px; }
.masthead .run { margin-left: auto; font-family: var(--mono); font-size: 12px; }

.answer { display: grid; grid-template-columns: auto auto 1fr; gap: 8px 40px;
  padding: 11px 0 10px; align-items: start; }
.answer .big { font-size: 46px; line-height: 1.1; font-weight: 700; letter-spacing: -.03em;
  white-space: nowrap; }
.answer .big.long { font-size: 34px; line-height: 1.49; }
.answer small { display: block; font-size: 13px; color: var(--quiet); max-width: 15em; }
.answer .words p + p { margin-top: 5px; }
.answer .words { max-width: 52em; padding-top: 3px; }
.big.edge, .big.yes { color: var(--ok); } .big.leak { color: var(--leak); }
.big.flat_model, .big.too_little_data { color: var(--warning); }

.chips { display: flex; flex-wrap: wrap; gap: 7px; list-style: none; padding: 0 0 12px; }
.chips a { display: inline-flex; gap: 7px; align-items: center; padding: 3px 11px 3px 5px;
  border-radius: 99px;
  text-decoration: none; font-size: 13px; background: var(--faint); border: 1px solid transparent; }
.chips a:hover { border-color: currentColor; }
.chips a.warning { background: var(--warning-soft); } .chips a.leak { background: var(--leak-soft); }
.chips a.all { padding-left: 11px; background: none; border-color: var(--line); }
.chips em { font-style: normal; color: var(--quiet); font-variant-numeric: tabular-nums; }
.sign { display: inline-grid; place-items: center; flex: none; width: 18px; height: 18px; border-radius: 50%;
  font-size: 11px; font-weight: 700; line-height: 1; }
.sign.ok { color: var(--ok); background: var(--ok-soft); }
.sign.warning { color: var(--page); background: var(--warning); border-radius: 4px; }
.sign.leak { color: var(--page); background: var(--leak); border-radius: 2px; }

.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 24px 36px; }
.pair.last { padding-top: 12px; }
.pair.last h2 { font-size: 14px; margin-bottom: 3px; letter-spacing: 0; font-weight: 600; }
.pair.last ul { padding-left: 17px; font-size: 13.5px; line-height: 1.42; }
.pair.last li + li { margin-top: 2px; }
.command { display: flex; align-items: stretch; border: 1px solid var(--line); border-radius: 7px;
  background: var(--card);
  overflow: hidden; }
.command code { flex: 1; min-width: 0; padding: 8px 12px; font: 12.5px/1.5 var(--mono);
  overflow-wrap: anywhere; }
.command button { border: 0; border-left: 1px solid var(--line); background: var(--faint); color: var(--ink);
  font: 13px var(--sans); padding: 0 14px; cursor: pointer; }
.command + small { display: block; margin-top: 5px; font-size: 12.5px; color: var(--quiet); }

nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 30px; padding: 10px 0; font-size: 13.5px;
  border-top: 1px solid var(--line); border-bottom: 1px solid var(--line); }
nav a { text-decoration: none; color: var(--quiet); } nav a:hover { color: var(--ink);
  text-decoration: underline; }
section { padding-top: 44px; scroll-margin-top: 0; }
section > * + * { margin-top: 16px; }
section .pair > div > * + * { margin-top: 8px; }
section > h2 a { text-decoration: none; color: inherit; }
.lead { font-size: 17px; }
.note, figcaption { color: var(--quiet); font-size: 13.5px; max-width: 62em; }
section ul:not(.findings) { padding-left: 18px; }

.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th { font-weight: 500; color: var(--quiet); font-size: 12.5px; border-bottom: 1px solid var(--line); }
th, td { padding: 7px 11px; white-space: nowrap; text-align: right; }
th.text, td.text { text-align: left; }
tbody tr + tr td { border-top: 1px solid var(--faint); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(170px, 1fr)); gap: 12px 24px; }
.facts dt { color: var(--quiet); font-size: 12.5px; } .facts dd { margin: 0; overflow-wrap: anywhere;
  font-variant-numeric: tabular-nums; }
.findings { list-style: none; }
.findings li { display: flex; gap: 11px; padding: 8px 0; align-items: flex-start; }
.findings li + li { border-top: 1px solid var(--faint); }
.findings .sign { margin-top: 2px; }
.findings small { display: block; color: var(--quiet); font-size: 12.5px;
  font-variant-numeric: tabular-nums; }
details { border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
details + details, section > details { margin-top: 8px; }
summary { cursor: pointer; padding: 8px 13px; font-size: 13.5px; }
pre { margin: 0; padding: 4px 13px 12px; font: 12.5px/1.5 var(--mono); overflow-x: auto; }

.zoom .plot { height: 460px; padding: 0 8px 8px; } .zoom:not([open]) .plot { display: none; }
figure { min-width: 0; }
figcaption { margin-top: 4px; }
.chart { display: block; width: 100%; height: auto; overflow: visible; touch-action: pan-y; }
figure .narrow { display: none; }
.chart text { font-family: var(--sans); font-variant-numeric: tabular-nums; }
.tick { font-size: 11.5px; fill: var(--quiet); } .unit { font-size: 11.5px; fill: var(--quiet); }
.row { font-size: 12.5px; fill: var(--ink); } .mark { font-size: 11.5px; fill: var(--quiet); }
.inside { font-size: 11px; fill: #fff; }
.grid { stroke: var(--faint); } .axis { stroke: var(--quiet); opacity: .55; }
.rule { stroke: var(--c6); stroke-dasharray: 4 3; } .ceiling { stroke: var(--c2); stroke-dasharray: 7 3; }
.line { fill: none; stroke-width: 1.7; stroke-linejoin: round; } .line.strong { stroke-width: 2.3; }
.line.dashed { stroke-dasharray: 5 3; } .line.faint { opacity: .28; stroke-width: 1.1; }
.line.c6.faint { opacity: .6; }
.band { fill: var(--c6); opacity: .17; }
.whisker { stroke-width: 2; } .target { fill: transparent; }
.c0 { --own: var(--c0); } .c1 { --own: var(--c1); } .c2 { --own: var(--c2); } .c3 { --own: var(--c3); }
.c4 { --own: var(--c4); } .c5 { --own: var(--c5); } .c6 { --own: var(--c6); }
.line, .whisker { stroke: var(--own); } .dot, .bar { fill: var(--own); }
.dot { stroke: var(--page); stroke-width: 1.5; }
.span.train { fill: var(--c0); } .span.train.odd { fill: var(--c0); opacity: .78; }
.span.val { fill: var(--c1); }
.span.test { fill: var(--c2); } .span.purged { fill: var(--c6); } .span.embargoed { fill: var(--c3); }
.legend { display: flex; flex-wrap: wrap; gap: 0 16px; font-size: 12.5px; color: var(--quiet); }
.key::before { content: ""; display: inline-block; width: 16px; height: 3px; margin: 0 6px 3px 0;
  border-radius: 2px;
  background: var(--own); }
.key.dashed::before { background: repeating-linear-gradient(90deg, var(--own) 0 5px, transparent 5px 8px); }
.key.area::before { height: 10px; margin-bottom: -1px; background: var(--c6); opacity: .3; }
figure .legend { margin-bottom: 5px; }
.sheet { display: grid; grid-template-columns: repeat(var(--n), minmax(0, 1fr)); gap: 3px; margin-top: 4px; }
.sheet .mark, .sheet .when { color: var(--quiet); font-size: 11px; white-space: nowrap; overflow: hidden; }
.sheet .when { grid-column: 1 / -1; margin-top: 3px; font-variant-numeric: tabular-nums; }
.pixels { display: block; width: 100%; image-rendering: pixelated; }
.sheet .chart { background: var(--faint); overflow: hidden; }
.scale { display: flex; gap: 7px; align-items: center; } .scale .pixels { max-width: 120px; }
.scale .mark { color: var(--quiet); font-size: 11.5px; }
.readout { position: absolute; z-index: 2; pointer-events: none; padding: 6px 10px; border-radius: 7px;
  font-size: 12.5px;
  background: var(--card); border: 1px solid var(--line); box-shadow: 0 3px 14px rgb(0 0 0 / 14%);
  font-variant-numeric: tabular-nums; white-space: nowrap; }
.readout div { display: flex; justify-content: space-between; gap: 16px; }
.cursor { stroke: var(--quiet); opacity: .6; }

@media (max-width: 760px) {
  main { padding: 14px 16px 56px; }
  .zoom .plot { height: 380px; padding: 0; }
  .masthead .run { margin-left: 0; overflow-wrap: anywhere; }
  .answer { display: flex; flex-wrap: wrap; gap: 10px 30px; }
  .answer .big { font-size: 36px; line-height: 1.2; } .answer .words { flex-basis: 100%; }
  .facts { grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); }
  .pair { grid-template-columns: minmax(0, 1fr); }
  figure .wide { display: none; } figure .narrow { display: block; }
  nav { margin-top: 22px; }
}
@media print { .command button, nav { display: none; } section { break-inside: avoid; } }
"""
