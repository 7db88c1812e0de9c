// SPDX-License-Identifier: BSD-2-Clause
#include "server/statuspage.h"

#include "base/compiler.h"
#include "base/mem.h"
#include "base/strbuf.h"

#include <openssl/evp.h>

#include <string.h>

/* clang-format off */
static const char *const style_lines[] = {
    ":root { color-scheme: light dark; --bg: #f6f7f9; --card: #fff; --text: #1c2330; --dim: #667085;",
    "--line: #e3e6ec; --up: #14804a; --warn: #b54708; --down: #c4231b; --off: #667085; }",
    "@media (prefers-color-scheme: dark) { :root { --bg: #11151c; --card: #1a202b; --text: #e6e9ef;",
    "--dim: #98a2b3; --line: #2b3341; --up: #4cc38a; --warn: #f5a524; --down: #ff6b61; --off: #98a2b3; } }",
    "* { box-sizing: border-box; }",
    "body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.45 system-ui, sans-serif; }",
    "header, main { max-width: 72rem; margin: 0 auto; padding: 1rem; }",
    "header { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline; }",
    "h1 { font-size: 1.25rem; margin: 0; }",
    "h2 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }",
    ".dim { color: var(--dim); font-size: .875rem; }",
    ".card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;",
    "padding: .875rem 1rem; margin: 0 0 1rem; }",
    ".card.alarm { border-color: var(--down); }",
    ".top { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; margin-bottom: .5rem; }",
    "table { border-collapse: collapse; width: 100%; }",
    "th { text-align: left; font-weight: 500; color: var(--dim); font-size: .8125rem; }",
    "th, td { padding: .35rem .75rem .35rem 0; vertical-align: top; border-top: 1px solid var(--line);",
    "overflow-wrap: anywhere; }",
    ".state { font-weight: 600; white-space: nowrap; }",
    ".state::before { content: \"\\25cf  \"; }",
    ".up, .admin_up { color: var(--up); } .suspect, .unknown { color: var(--warn); }",
    ".down { color: var(--down); }",
    ".admin_down, .draining, .drained, .disabled { color: var(--off); }",
    "@media (max-width: 40rem) { thead { display: none; } tr { display: block; padding: .4rem 0;",
    "border-top: 1px solid var(--line); } td { display: block; border: 0; padding: .05rem 0; } }",
    "input, button { font: inherit; padding: .4rem .6rem; border: 1px solid var(--line);",
    "border-radius: .375rem; background: var(--bg); color: inherit; }",
};

static const char *const body_lines[] = {
    "<header><h1>gslbd</h1><span id=\"about\" class=\"dim\">connecting</span>",
    "<span id=\"link\" class=\"dim\" role=\"status\"></span></header>",
    "<main>",
    "<form id=\"login\" class=\"card\" hidden><label>Token <input id=\"token\" type=\"password\"",
    "autocomplete=\"off\"></label> <button>Show</button></form>",
    "<section id=\"alarms\" aria-live=\"polite\"></section>",
    "<section id=\"pools\"></section>",
    "<noscript><p class=\"card\">This page needs JavaScript; /v1/pools has the same as JSON.</p></noscript>",
    "</main>",
};

static const char *const script_lines[] = {
    "\"use strict\";",
    "const $ = id => document.getElementById(id);",
    "let token = sessionStorage.getItem(\"token\") || \"\";",
    "let timer = 0, busy = false, again = false;",
    "",
    "/* Text from the server only ever becomes text nodes. */",
    "function node(name, style, ...content) {",
    "    const made = document.createElement(name);",
    "    if (style) made.className = style;",
    "    made.append(...content);",
    "    return made;",
    "}",
    "const headers = () => token ? { Authorization: \"Bearer \" + token } : {};",
    "",
    "async function get(path) {",
    "    const answer = await fetch(path, { headers: headers(), cache: \"no-store\" });",
    "    if (answer.status === 401) {",
    "        $(\"login\").hidden = false;",
    "        throw new Error(\"a token is needed\");",
    "    }",
    "    if (!answer.ok) throw new Error(\"HTTP \" + answer.status);",
    "    $(\"login\").hidden = true;",
    "    return answer.json();",
    "}",
    "function ago(time) {",
    "    if (!time) return \"\";",
    "    const s = Math.max(0, Math.round((Date.now() - Date.parse(time)) / 1000));",
    "    if (s < 120) return s + \" s\";",
    "    if (s < 7200) return Math.round(s / 60) + \" min\";",
    "    return s < 172800 ? Math.round(s / 3600) + \" h\" : Math.round(s / 86400) + \" d\";",
    "}",
    "function row(name, member) {",
    "    const where = node(\"td\"), last = node(\"td\", \"dim\");",
    "    for (const a of member.addresses) {",
    "        where.append(node(\"div\", \"\", a.address));",
    "        last.append(node(\"div\", \"\", a.last ? a.last.reason + \", \" + a.last.ms.toFixed(1) + \" ms, since \" +",
    "            ago(a.since) : \"not probed\"));",
    "    }",
    "    if (member.pool) where.append(node(\"div\", \"\", \"pool \" + member.pool));",
    "    const over = member.override;",
    "    if (over) last.append(node(\"div\", \"\", \"override by \" + over.author +",
    "        (over.reason ? \": \" + over.reason : \"\") + (over.until ? \", until \" + over.until : \"\")));",
    "    const weight = member.weight === member.effective_weight ? \"\" + member.weight",
    "        : member.effective_weight + \" (file: \" + member.weight + \")\";",
    "    return node(\"tr\", \"\", node(\"td\", \"\", name), node(\"td\", \"state \" + member.state,",
    "        member.state.replace(\"_\", \" \")), where, node(\"td\", \"dim\", \"weight \" + weight), last);",
    "}",
    "function card(pool) {",
    "    const head = node(\"tr\", \"\");",
    "    for (const title of [\"Member\", \"State\", \"Addresses\", \"Weight\", \"Last check\"])",
    "        head.append(node(\"th\", \"\", title));",
    "    const rows = Object.keys(pool.members).map(name => row(name, pool.members[name]));",
    "    return node(\"article\", \"card\", node(\"div\", \"top\", node(\"h2\", \"\", pool.name),",
    "        node(\"span\", \"dim\", pool.policy), node(\"span\", \"dim\", \"live: \" + pool.live.a + \" A, \" +",
    "        pool.live.aaaa + \" AAAA\")), node(\"table\", \"\", node(\"thead\", \"\", head),",
    "        node(\"tbody\", \"\", ...rows)));",
    "}",
    "function show(status, pools) {",
    "    const m = status.members;",
    "    $(\"about\").textContent = status.version + \", generation \" + status.generation + \", up \" +",
    "        ago(status.started) + \"; members: \" + m.up + \" up, \" + m.down + \" down, \" + m.unknown +",
    "        \" unknown, \" + m.disabled + \" disabled\";",
    "    $(\"alarms\").replaceChildren(...status.alarms.map(a => node(\"div\", \"card alarm\", a.text + \" \",",
    "        node(\"span\", \"dim\", \"for \" + ago(a.since)))));",
    "    $(\"pools\").replaceChildren(...pools.pools.map(card));",
    "}",
    "async function refresh() {",
    "    if (busy) { again = true; return; }",
    "    busy = true;",
    "    try {",
    "        const [status, pools] = await Promise.all([get(\"/v1/status\"), get(\"/v1/pools\")]);",
    "        show(status, pools);",
    "        $(\"link\").textContent = \"\";",
    "    } catch (error) {",
    "        $(\"link\").textContent = \"no news: \" + error.message;",
    "    }",
    "    busy = false;",
    "    if (again) { again = false; soon(); }",
    "}",
    "function soon() {",
    "    if (!timer) timer = setTimeout(() => { timer = 0; refresh(); }, 250);",
    "}",
    "/* Events say when to look; polling covers what events do not tell, such as times. */",
    "async function follow() {",
    "    for (;;) {",
    "        try {",
    "            const answer = await fetch(\"/v1/events\", { headers: headers() });",
    "            if (answer.ok) {",
    "                const reader = answer.body.getReader();",
    "                for (;;) {",
    "                    const part = await reader.read();",
    "                    if (part.done) break;",
    "                    soon();",
    "                }",
    "            }",
    "        } catch (error) { /* the next round tries again */ }",
    "        await new Promise(resolve => setTimeout(resolve, 3000));",
    "    }",
    "}",
    "$(\"login\").addEventListener(\"submit\", event => {",
    "    event.preventDefault();",
    "    token = $(\"token\").value.trim();",
    "    sessionStorage.setItem(\"token\", token);",
    "    refresh();",
    "});",
    "setInterval(() => { if (!document.hidden) refresh(); }, 5000);",
    "refresh();",
    "follow();",
};
/* clang-format on */

struct statuspage {
    struct strbuf html;
    struct strbuf policy;
};

static void add_lines(struct strbuf *out, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++)
        strbuf_addf(out, "%s\n", lines[i]);
}

/* The element's text as it stands in the page, and its hash in the policy's form. */
static void add_element(struct statuspage *page, const char *name, const char *const *lines,
                        size_t count)
{
    uint8_t digest[32] = { 0 };
    uint8_t text[64] = { 0 };
    strbuf_addf(&page->html, "<%s>", name);
    size_t start = page->html.length;
    add_lines(&page->html, lines, count);
    (void)EVP_Digest(page->html.text + start, page->html.length - start, digest, NULL, EVP_sha256(),
                     NULL);
    (void)EVP_EncodeBlock(text, digest, sizeof(digest));
    strbuf_addf(&page->html, "</%s>\n", name);
    strbuf_addf(&page->policy, "; %s-src 'sha256-%s'", name, (const char *)text);
}

struct statuspage *statuspage_new(void)
{
    struct statuspage *page = MEM_NEW(struct statuspage);
    strbuf_init(&page->html);
    strbuf_init(&page->policy);
    strbuf_add(&page->policy, "default-src 'none'; connect-src 'self'; base-uri 'none'; "
                              "form-action 'none'; frame-ancestors 'none'");
    strbuf_add(&page->html, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
                            "<meta name=\"viewport\" content=\"width=device-width, "
                            "initial-scale=1\">\n<title>gslbd</title>\n");
    add_element(page, "style", style_lines, ARRAY_LEN(style_lines));
    strbuf_add(&page->html, "</head><body>\n");
    add_lines(&page->html, body_lines, ARRAY_LEN(body_lines));
    add_element(page, "script", script_lines, ARRAY_LEN(script_lines));
    strbuf_add(&page->html, "</body></html>\n");
    return page;
}

void statuspage_free(struct statuspage *page)
{
    if (page == NULL)
        return;
    strbuf_fini(&page->html);
    strbuf_fini(&page->policy);
    mem_free(page);
}

const char *statuspage_html(const struct statuspage *page, size_t *length)
{
    *length = page->html.length;
    return page->html.text;
}

const char *statuspage_policy(const struct statuspage *page)
{
    return page->policy.text;
}
