"""The style of the report's page: system fonts, colours for light and dark, one column that narrows to a telephone."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5d6778; --line: #e1e5ec; --back: #ffffff; --card: #f6f7f9;
  --edge: #c6cedb; --train: #3568d4; --validation: #d9822b; --test: #7a5bb5; --good: #1a7f45; --bad: #c4322b; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #9aa5b5; --line: #303744; --back: #14181f;
  --card: #1c222c; --edge: #4a5568; --train: #7ba2f7; --validation: #f0b05c; --test: #b79cf0;
  --good: #5cc489; --bad: #f0827c; } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 2.5rem auto;
  max-width: 66rem; padding: 0 1.25rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2.5rem 0 .6rem; padding-top: .25rem }
p.lead { margin: 0; font-weight: 600 } .soft { color: var(--soft) } p.told { color: var(--soft); margin: .5rem 0;
  max-width: 48rem } a { color: inherit; text-decoration-color: var(--soft); text-underline-offset: .15em }
code { font: .86em/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .75rem; margin-top: 1.5rem }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .6rem .9rem }
.card .soft { font-size: .86rem }
.card b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums }
nav { margin: 1.5rem 0 0; padding: .6rem 0; border-block: 1px solid var(--line); display: flex; flex-wrap: wrap;
  gap: .25rem 1.1rem; font-size: .9rem; color: var(--soft) }
.wide { overflow-x: auto; margin: .25rem 0 .75rem; /* a shadow where there is more to the side */
  background: linear-gradient(to right, var(--back) 40%, transparent) 0 0/2.5rem 100% no-repeat local,
  linear-gradient(to left, var(--back) 40%, transparent) 100% 0/2.5rem 100% no-repeat local,
  linear-gradient(to right, var(--edge), transparent) 0 0/.8rem 100% no-repeat,
  linear-gradient(to left, var(--edge), transparent) 100% 0/.8rem 100% no-repeat }
table { border-collapse: collapse; width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .32rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top }
th { color: var(--soft); font-weight: 500; white-space: nowrap }
td.n, th.n { text-align: right; white-space: nowrap } td.s { white-space: nowrap } td.c:not(.s) { min-width: 14rem }
.warning { border-left: 3px solid var(--validation); background: var(--card); padding: .5rem .9rem; margin: 1rem 0 0 }
.good { color: var(--good) } .bad { color: var(--bad); font-weight: 600 }
.bar { background: var(--train); height: .6rem; border-radius: 2px; display: inline-block }
td.bars { width: 22%; min-width: 5.5rem }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 1rem 2.25rem;
  margin: .5rem 0 1rem; align-items: start } .beside > * { min-width: 0 }
.beside th, .beside td { padding-inline: .35rem } .beside th { white-space: normal; vertical-align: bottom }
.beside td.bars { width: 15%; min-width: 2.5rem }
figure { margin: 0; min-width: 0; max-width: 34rem }
figcaption { font-weight: 500; margin-bottom: .35rem; display: flex; flex-wrap: wrap;
  gap: 0 1rem }
svg { width: 100%; height: auto; display: block } svg text { font-family: system-ui, sans-serif }
.key { color: var(--soft); font-weight: 400; margin-right: .9rem; white-space: nowrap } .key::before { content: "";
  display: inline-block; width: .7rem; height: .7rem; border-radius: 2px; margin-right: .3rem; background: var(--c) }
details { margin: .35rem 0 } summary { cursor: pointer; color: var(--soft); overflow-wrap: anywhere }
.said { display: grid; grid-template-columns: 5.5rem 1fr; gap: .75rem; margin: 0; padding: .4rem .6rem;
  border-bottom: 1px solid var(--line); white-space: pre-wrap; overflow-wrap: anywhere }
.role { color: var(--soft) } .place { margin: .8rem 0 .2rem; color: var(--soft); overflow-wrap: anywhere }
.first { color: var(--ink); display: block; padding-left: 1.1rem }
@media (max-width: 34rem) { body { margin: 1.25rem auto; padding: 0 .9rem } .said { grid-template-columns: 1fr; gap: 0 }
  td.bars { display: none } th, td { padding-inline: .35rem } td:not(.s, .n) { min-width: 13rem } }
@media print { nav { display: none } section { break-inside: avoid-page } }
"""
