/** Of the HTML report: light and dark, narrow and wide, on paper. Shown without any other file. */
export const css = `
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1b1b;--muted:#6a6a6a;--rule:#e3e3e3;--shade:#f5f5f4;
--blue:#0072b2;--vermilion:#d55e00;--green:#009e73;--purple:#b5588c;--orange:#b97f00;--sky:#2f93cf;--warn:#fff3d6}
@media screen and (prefers-color-scheme:dark){:root{--paper:#161616;--ink:#ececec;--muted:#a0a0a0;--rule:#333;--shade:#202020;
--blue:#4aa8e0;--vermilion:#f08238;--green:#2cc295;--purple:#dd93bb;--orange:#e6b032;--sky:#8fd0f5;--warn:#3a2f12}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 20px 60px;max-width:1100px;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
h1{font-size:26px;line-height:1.2;margin:8px 0 4px}h2{font-size:19px;margin:40px 0 8px}h3{font-size:15px;margin:24px 0 6px}
p{margin:6px 0}.question{font-size:18px;margin:0 0 4px}.soft,.note,figcaption{color:var(--muted)}
.note,figcaption{font-size:13px;max-width:80ch}
.statements{padding:0;list-style:none;margin:16px 0}
.statements li{padding:8px 12px;margin:6px 0;border-left:4px solid var(--rule);background:var(--shade);overflow-wrap:anywhere}
.statements li.shown{border-color:var(--blue)}.statements li.warning{border-color:var(--vermilion);background:var(--warn)}
figure{margin:12px 0}figure svg{max-width:100%;height:auto;display:block}
svg text{font-family:inherit}svg .soft{fill:var(--muted)}svg .ink{fill:var(--ink)}
svg .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
svg .grid{stroke:var(--rule)}svg .axis{stroke:var(--muted)}svg .dot{fill:var(--blue)}
svg .group{stroke:var(--ink);stroke-width:4;stroke-linecap:round}svg .undetected{fill:var(--muted);fill-opacity:.18}
.definitions{position:absolute}.narrow{display:none}
.multiples{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:14px 12px}
.multiples figure{margin:0;break-inside:avoid}.multiples figcaption{font-size:12px;overflow-wrap:anywhere;color:var(--ink)}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;padding:0;margin:8px 0;list-style:none;font-size:13px}
.legend li{display:flex;align-items:center;gap:6px;overflow-wrap:anywhere}.legend svg{flex:none}
.scroll{overflow-x:auto;margin:8px 0;border:1px solid var(--rule);border-radius:6px}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;min-width:100%}
th,td{padding:5px 9px;text-align:right;vertical-align:top;border-bottom:1px solid var(--rule);white-space:nowrap}
thead th{vertical-align:bottom;font-weight:600;color:var(--muted);white-space:normal;max-width:16ch;overflow-wrap:break-word}
tr>:first-child{text-align:left;position:sticky;left:0;background:var(--paper);font-weight:500;max-width:34ch;
white-space:normal;overflow-wrap:break-word}
.dense th,.dense td{padding:3px 6px;font-size:12px}.dense thead th{max-width:14ch;min-width:7ch;font-size:11px}
tbody tr:last-child>*{border-bottom:0}
.origins{display:grid;grid-template-columns:minmax(90px,1.2fr) repeat(3,2fr);gap:5px 12px;align-items:center;font-size:13px}
.origins>.head{color:var(--muted)}.origins>.name{overflow-wrap:anywhere}.bar{display:block;border-radius:3px;background:var(--shade)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:6px 16px;font-size:14px}dt{color:var(--muted)}
dd{margin:0;overflow-wrap:anywhere}code{font:12.5px/1.45 ui-monospace,Menlo,Consolas,monospace}
@media (max-width:640px){body{padding:16px 14px 40px}.wide{display:none}.narrow{display:block}
.multiples{grid-template-columns:repeat(auto-fill,minmax(150px,1fr))}
tr>:first-child{max-width:17ch;min-width:12ch}th,td{padding:4px 7px}
.origins{grid-template-columns:repeat(3,1fr);gap:3px 8px}.origins>.name{grid-column:1/-1;margin-top:6px}.origins>.corner{display:none}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:10px}}
@media print{body{max-width:none;padding:0;font-size:11px}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.scroll{overflow:visible;border:0}th,td{padding:2px 4px}table,.dense th,.dense td{font-size:8px}tr,figure,li{break-inside:avoid}
tr>:first-child{position:static}.note,figcaption{font-size:9px;max-width:none}}
`;
