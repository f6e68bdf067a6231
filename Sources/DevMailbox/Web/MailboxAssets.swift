/// The style sheet and the one script of the mailbox's pages, embedded so that the binary can be moved.
enum MailboxAssets {
    /// Asks once for a change, which the server answers when there is one, and puts the new list in place of the old.
    static let refresh = """
        const replace = async () => {
            const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
            document.title = page.title;
            for (const part of ["#list", ".count"])
                document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
        };
        const follow = async () => {
            for (;;) {
                const seen = document.querySelector("#list").dataset.count;
                try {
                    const count = await (await fetch("/changes?after=" + seen)).text();
                    if (count !== seen) await replace();
                } catch {
                    await new Promise((resolve) => setTimeout(resolve, 2000));
                }
            }
        };
        follow();
        """

    static let style = """
        :root {
            color-scheme: light dark;
            --page: light-dark(#f4f5f7, #14161a);
            --sheet: light-dark(#ffffff, #1c1f25);
            --line: light-dark(#e3e6ea, #2c3038);
            --ink: light-dark(#1b1f26, #e8eaee);
            --soft: light-dark(#5d6673, #9aa3b0);
            --accent: light-dark(#1f5fd0, #8ab4ff);
            --hover: light-dark(#f0f4fb, #232833);
            --warning: light-dark(#9a3412, #fdba74);
            --mono: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace;
        }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink);
            font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif; }
        a { color: var(--accent); }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; border-radius: 4px; }
        .bar { position: sticky; top: 0; z-index: 1; display: flex; align-items: baseline; gap: .75rem;
            padding: .75rem max(1rem, calc((100vw - 928px) / 2)); background: var(--sheet);
            border-bottom: 1px solid var(--line); }
        .bar h1 { margin: 0; font-size: 1.05rem; font-weight: 650; letter-spacing: -.01em; }
        .bar .back { text-decoration: none; font-size: 1.15rem; padding: 0 .5rem 0 0; }
        .count { color: var(--soft); font-variant-numeric: tabular-nums; }
        .where { margin-left: auto; color: var(--soft); font-size: .85rem; }
        span.where { font-family: var(--mono); font-size: .8rem; }
        a.where { color: var(--accent); text-decoration: none; }
        main { max-width: 960px; margin: 1rem auto; padding: 0 1rem; }
        .mails { list-style: none; margin: 0; padding: 0; background: var(--sheet); border: 1px solid var(--line);
            border-radius: 10px; overflow: hidden; }
        .mails li + li { border-top: 1px solid var(--line); }
        .mails a { display: grid; grid-template-columns: 15rem minmax(0, 1fr) auto; column-gap: 1rem;
            grid-template-areas: "to subject time" "to preview time"; padding: .65rem 1rem; color: inherit;
            text-decoration: none; }
        .mails a:hover { background: var(--hover); }
        .mails span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; text-align: left; }
        .to { grid-area: to; color: var(--soft); }
        .subject { grid-area: subject; font-weight: 600; }
        .preview { grid-area: preview; color: var(--soft); font-size: .875rem; }
        .mails time { grid-area: time; color: var(--soft); font-size: .85rem; font-variant-numeric: tabular-nums; }
        .empty { padding: 4rem 1rem; text-align: center; color: var(--soft); }
        .empty p:first-child { color: var(--ink); font-size: 1.15rem; margin: 0; }
        .more, .absent { color: var(--soft); text-align: center; padding: 1rem; }
        .warning { color: var(--warning); border: 1px solid currentColor; border-radius: 8px; padding: .5rem 1rem; }
        code, pre { font-family: var(--mono); font-size: .85rem; }
        .mail { background: var(--sheet); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
        .mail h2 { margin: 0; padding: 1.1rem 1.25rem .25rem; font-size: 1.3rem; line-height: 1.3;
            letter-spacing: -.01em; overflow-wrap: anywhere; }
        .envelope { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem 1rem; margin: 0;
            padding: .4rem 1.25rem 1rem; font-size: .9rem; }
        .envelope dt { color: var(--soft); }
        .envelope dd { margin: 0; overflow-wrap: anywhere; }
        .via { color: var(--soft); margin-left: .75rem; }
        .tabs { display: flex; gap: 1.25rem; padding: 0 1.25rem; border-bottom: 1px solid var(--line);
            overflow-x: auto; }
        .tabs a { padding: .55rem 0; color: var(--soft); text-decoration: none; border-bottom: 2px solid transparent;
            margin-bottom: -1px; }
        .tabs a:hover { color: var(--ink); }
        .tabs a[aria-current] { color: var(--ink); font-weight: 600; border-color: var(--accent); }
        pre.text, pre.raw { margin: 0; padding: 1.25rem; white-space: pre-wrap; overflow-wrap: anywhere; }
        pre.text { font-size: .9rem; line-height: 1.55; max-width: 80ch; }
        .widths { padding: .75rem 1.25rem 1.25rem; }
        .widths > input { position: absolute; opacity: 0; }
        .widths > label { display: inline-block; padding: .15rem .75rem; font-size: .85rem; color: var(--soft);
            border: 1px solid var(--line); border-radius: 999px; cursor: pointer; }
        .widths > input:checked + label { color: var(--ink); background: var(--hover); border-color: var(--accent); }
        .widths > input:focus-visible + label { outline: 2px solid var(--accent); }
        .frame { margin: .75rem auto 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
        #narrow:checked ~ .frame { max-width: 392px; }
        iframe { display: block; width: 100%; height: max(32rem, calc(100vh - 20rem)); border: 0; }
        .headers { width: 100%; border-collapse: collapse; font-size: .875rem; }
        .headers th, .headers td { padding: .45rem 1.25rem; text-align: start; vertical-align: top;
            border-top: 1px solid var(--line); overflow-wrap: anywhere; }
        .headers tr:first-child > * { border-top: 0; }
        .headers th { width: 1%; white-space: nowrap; color: var(--soft); font-weight: 500; padding-right: 0; }
        @media (max-width: 640px) {
            .mails a { grid-template-columns: minmax(0, 1fr) auto;
                grid-template-areas: "to time" "subject subject" "preview preview"; }
            main { padding: 0; margin: 0; }
            .mails, .mail { border-width: 0 0 1px; border-radius: 0; }
            .envelope { grid-template-columns: minmax(0, 1fr); }
            .envelope dd + dt { margin-top: .35rem; }
            .via { display: block; margin: 0; }
            .widths { padding: .75rem 0 0; }
            .widths > label { margin-left: .75rem; }
            .frame { border-width: 1px 0 0; border-radius: 0; }
            .headers th, .headers td { display: block; width: auto; padding: .4rem 1.25rem 0; border: 0; }
            .headers td { padding: 0 1.25rem .4rem; border-bottom: 1px solid var(--line); }
        }
        """
}
