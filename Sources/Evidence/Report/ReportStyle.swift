/// The style sheet of a report: one column at any width, light and dark, and on paper.
///
/// Colours of text on their grounds have a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3), those of
/// marks and bars 3:1 (1.4.11), in both schemes; what a colour says, a word or a sign says too.
enum ReportStyle {
  static let sheet = """
    :root{color-scheme:light dark;--ground:#ffffff;--panel:#f4f6f8;--line:#c9d1d9;--ink:#1b2127;\
    --soft:#525c66;--accent:#0b5cad;--good:#1a6b35;--part:#7a5200;--bad:#a8201a;--bar:#3274b5}
    @media (prefers-color-scheme:dark){:root{--ground:#12171c;--panel:#1b2229;--line:#3c4752;\
    --ink:#e6ebf0;--soft:#a9b4bf;--accent:#7ab8f5;--good:#6cce8a;--part:#e3b341;--bad:#ff8f86;\
    --bar:#5b9bd8}}
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0 auto;max-width:72rem;padding:1rem;background:var(--ground);color:var(--ink);\
    font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;\
    overflow-wrap:anywhere}
    h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}
    h2{font-size:1.25rem;line-height:1.3;margin:2.25rem 0 .5rem;padding-top:.5rem;\
    border-top:1px solid var(--line)}
    h3{font-size:1rem;margin:1.25rem 0 .4rem}
    p{margin:.4rem 0;max-width:46rem}
    a{color:var(--accent)}
    code,.mono{font-family:ui-monospace,"SFMono-Regular",Menlo,Consolas,"DejaVu Sans Mono",monospace;\
    font-size:.92em}
    .soft{color:var(--soft)}
    dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.75rem 0}
    dl.facts dt{color:var(--soft)}dl.facts dd{margin:0;min-width:0}
    nav ul{list-style:none;margin:.75rem 0;padding:0;display:flex;flex-wrap:wrap;gap:.25rem 1rem}
    table{border-collapse:collapse;width:100%;margin:.5rem 0;font-size:.94rem}
    caption{text-align:left;font-weight:600;padding:.4rem 0}
    th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;\
    border-bottom:1px solid var(--line)}
    thead th{color:var(--soft);font-weight:600}
    tbody th{font-weight:500}
    td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
    .everything{color:var(--good)}.part{color:var(--part)}.nothing{color:var(--soft)}
    .allowed{color:var(--bad)}.relays-only{color:var(--part)}.blocked{color:var(--good)}
    .error{color:var(--bad);font-weight:600}.warning{color:var(--part);font-weight:600}
    .note{color:var(--accent);font-weight:600}.expired{color:var(--bad);font-weight:600}
    .soon{color:var(--part);font-weight:600}
    details{margin:.4rem 0;padding:.4rem .75rem;background:var(--panel);border:1px solid var(--line);\
    border-radius:6px}
    summary{cursor:pointer;font-weight:500}
    details ul{margin:.4rem 0;padding-left:1.1rem}
    .finding{margin:.6rem 0;padding:.5rem .75rem;background:var(--panel);\
    border-left:4px solid var(--line)}
    .finding.is-error{border-left-color:var(--bad)}.finding.is-warning{border-left-color:var(--part)}
    .finding.is-note{border-left-color:var(--accent)}
    .finding p{margin:.2rem 0}
    svg.plot{display:block;width:100%;height:auto;max-width:46rem}
    svg.plot .bar{fill:var(--bar)}svg.plot text{fill:var(--ink);font-size:13px}
    svg.plot .axis{stroke:var(--line)}
    .bars{margin:.5rem 0;padding:0;list-style:none}
    .bars li{margin:.35rem 0}
    .bars .track{height:.6rem;background:var(--panel);border:1px solid var(--line)}
    .bars .fill{height:100%;background:var(--bar)}
    .bars .label{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1rem}
    footer{margin-top:2.5rem;padding-top:.75rem;border-top:1px solid var(--line);color:var(--soft)}
    @media (max-width:40rem){
    dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.4rem}
    table.stacks thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
    table.stacks,table.stacks tbody,table.stacks tr,table.stacks td,table.stacks tbody th,table.stacks caption{display:block}
    table.stacks tr{padding:.5rem 0;border-bottom:1px solid var(--line)}
    table.stacks td,table.stacks tbody th{border:0;padding:.1rem 0;text-align:left}
    table.stacks [data-label]::before{content:attr(data-label) ": ";color:var(--soft)}
    table.stacks tbody th{font-weight:600}
    }
    @media print{
    :root{color-scheme:light;--ground:#fff;--panel:#fff;--line:#999;--ink:#000;--soft:#444;\
    --accent:#0b4a8f;--good:#14562a;--part:#644300;--bad:#8f1b16;--bar:#3274b5}
    body{max-width:none;padding:0;font-size:10pt}
    nav{display:none}h2{break-after:avoid}tr,.finding,.bars li{break-inside:avoid}
    details{background:none}details>*{display:block}
    details::details-content{content-visibility:visible;display:block;height:auto}
    .bars .fill{print-color-adjust:exact;-webkit-print-color-adjust:exact}
    }
    """
}
