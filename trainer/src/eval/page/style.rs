//! How the page looks: one scale of type, one palette for light and for dark.

/// The palette as CSS variables, and rules for the few elements of the page.
pub const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#23262b;--muted:#6b7078;--line:#dcdad5;--good:#2c7a55;--bad:#b3413a;\
--c1:#2f6c9f;--c2:#c8763a;--c3:#4d8b5a;--c4:#8a63a6;--c5:#b8963e;--c6:#5d9aa8;--c7:#a8555f;--c8:#6f7a86}\
@media(prefers-color-scheme:dark){:root{--paper:#17191c;--card:#1e2125;--ink:#e4e2dd;--muted:#9a9ea6;--line:#34383e;--good:#6cc196;\
--bad:#e8857c;--c1:#79b3e0;--c2:#e8a470;--c3:#86c493;--c4:#bd9ad6;--c5:#d9bd6e;--c6:#8fc6d2;--c7:#e0919a;--c8:#a9b4c0}}\
*{box-sizing:border-box}\
body{margin:0 auto;max-width:78rem;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);\
font:400 1rem/1.5 system-ui,sans-serif}\
h1{font-size:1.6rem;line-height:1.2;font-weight:600;margin:0 0 .5rem}\
h2{font-size:1.25rem;line-height:1.3;font-weight:600;margin:3rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--line)}\
h3{font-size:1rem;font-weight:600;margin:1.5rem 0 .25rem}\
p{max-width:46rem;margin:.5rem 0}.note,figcaption,small{font-size:.8rem;color:var(--muted)}\
.wide{overflow-x:auto}table{border-collapse:collapse;margin:1rem 0;font-size:.8rem;font-variant-numeric:tabular-nums}\
th,td{padding:.3rem .5rem;border-bottom:1px solid var(--line);text-align:right;white-space:nowrap}\
th{font-weight:600;color:var(--muted);vertical-align:bottom}th.text,td.text{text-align:left}\
td.lead{font-weight:600}td small{display:block;font-weight:400}.good{color:var(--good)}.bad{color:var(--bad);font-weight:600}.faint{color:var(--muted)}\
figure{margin:1rem 0}svg{display:block;max-width:100%;height:auto}svg text{font-family:inherit}\
code{font-size:.8rem;overflow-wrap:anywhere}\
.key{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;font-size:.8rem;color:var(--muted)}\
.key i{display:inline-block;width:1rem;height:.25rem;border-radius:2px;margin-right:.4rem;vertical-align:middle}\
.sounds{display:grid;grid-template-columns:repeat(auto-fill,minmax(30rem,1fr));gap:1rem}\
@media(max-width:34rem){.sounds{grid-template-columns:1fr}}\
.sound{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.75rem 1rem}\
.sound h3{margin:0}.pair{display:grid;grid-template-columns:1fr 1fr;gap:.75rem;margin-top:.5rem}\
.pair figure{margin:0}.pair img{display:block;width:100%;height:8rem;border-radius:3px}.pair audio{width:100%;height:2rem;margin-top:.4rem}";
