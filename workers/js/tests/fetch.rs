//! `fetch` against a scripted host.

use crate::worker::{Answer, Host, Report, echo, run};
use outboard_worker_protocol::{CallFailure, Network};
use serde_json::{Value, json};

fn granted(code: &str, answer: impl FnMut(&str, &str, &Value) -> Answer) -> Report {
    let network = Some(Network { proxy: None, allow: vec!["api.example.com:443".into()] });
    Host { network, ..Host::default() }.run(code, answer)
}

/// An answer whose body is the request.
fn mirror(_: &str, _: &str, request: &Value) -> Answer {
    let body = base64(&request.to_string());
    let headers = json!([
        ["Content-Type", "application/json"],
        ["Set-Cookie", "a=1"],
        ["set-cookie", "b=2"],
        ["X-A", "1"],
        ["x-a", "2"]
    ]);
    Ok(
        json!({"status": 201, "status_text": "Created", "url": "https://api.example.com/end", "redirected": true, "headers": headers, "body": body}),
    )
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let letter = |bits: u32| char::from(LETTERS[(bits & 63) as usize]);
    let group = |part: &[u8]| {
        let bits = part.iter().fold(0, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - part.len()));
        let all = [letter(bits >> 18), letter(bits >> 12), letter(bits >> 6), letter(bits)];
        all.into_iter().take(part.len() + 1).chain("=".repeat(3 - part.len()).chars()).collect::<String>()
    };
    text.as_bytes().chunks(3).map(group).collect()
}

fn value(code: &str) -> Value {
    granted(code, mirror).value().clone()
}

#[test]
fn a_response_is_what_programs_expect() {
    let code = "
        const r = await fetch('https://API.example.com/a b?x=1');
        const copy = r.clone();
        const asked = await r.json();
        let twice = ''; try { await r.text() } catch (e) { twice = e.constructor.name }
        return { asked, twice, status: r.status, ok: r.ok, text: r.statusText, url: r.url, redirected: r.redirected,
            type: r.headers.get('content-type'), both: r.headers.get('X-A'), cookies: r.headers.getSetCookie(), used: [r.bodyUsed, copy.bodyUsed],
            size: (await copy.arrayBuffer()).byteLength > 50, is: r instanceof Response, none: r.headers.get('nothing') };";
    let value = value(code);
    assert_eq!(
        value,
        json!({
            "asked": {"method": "GET", "url": "https://api.example.com/a%20b?x=1", "headers": [], "redirect": "follow"},
            "twice": "TypeError", "status": 201, "ok": true, "text": "Created", "url": "https://api.example.com/end", "redirected": true,
            "type": "application/json", "both": "1, 2", "cookies": ["a=1", "b=2"], "used": [true, false], "size": true, "is": true, "none": null
        })
    );
}

#[test]
fn requests_say_what_programs_wrote() {
    let code = "
        const all = [];
        const ask = async (...args) => all.push(await (await fetch(...args)).json());
        await ask('https://a.example', { method: 'post', body: JSON.stringify({ a: 1 }), headers: { 'Content-Type': 'application/json', 'X-B': 2 } });
        await ask(new URL('https://a.example/x'), { method: 'PUT', body: new URLSearchParams({ q: 'a b' }), headers: new Headers([['x-c', '3']]) });
        await ask(new Request('https://a.example/y', { method: 'DELETE', redirect: 'manual' }), { headers: { d: '4' } });
        await ask('https://a.example', { method: 'POST', body: new Uint8Array([0, 255]) });
        await ask('https://a.example', { method: 'POST', body: 'plain é' });
        return all;";
    let all = value(code);
    let body = |at: usize| all[at]["body"].as_str().unwrap();
    assert_eq!((&all[0]["method"], body(0)), (&json!("POST"), base64("{\"a\":1}").as_str()));
    assert_eq!(all[0]["headers"], json!([["content-type", "application/json"], ["x-b", "2"]]));
    assert_eq!(
        (all[1]["headers"][0][1].as_str().unwrap(), body(1)),
        ("application/x-www-form-urlencoded;charset=UTF-8", base64("q=a+b").as_str())
    );
    assert_eq!(
        (&all[2]["method"], &all[2]["redirect"], &all[2]["headers"]),
        (&json!("DELETE"), &json!("manual"), &json!([["d", "4"]]))
    );
    assert_eq!((body(3), body(4)), ("AP8=", base64("plain é").as_str()));
}

#[test]
fn forms_are_multipart() {
    let code = "
        const form = new FormData();
        form.append('name', 'value');
        form.append('file', new Blob(['text'], { type: 'text/plain' }), 'a\"b.txt');
        const asked = await (await fetch('https://a.example', { method: 'POST', body: form })).json();
        const type = asked.headers[0][1];
        return { type, text: Buffer.from(asked.body, 'base64').toString().replaceAll(type.split('=')[1], 'B') };";
    let value = value(code);
    assert!(value["type"].as_str().unwrap().starts_with("multipart/form-data; boundary=----outboard"));
    assert_eq!(
        value["text"],
        "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nvalue\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; \
         filename=\"a%22b.txt\"\r\nContent-Type: text/plain\r\n\r\ntext\r\n--B--\r\n"
    );
}

#[test]
fn without_a_grant_it_fails_at_once() {
    let report = run(
        "try { await fetch('https://API.example.com/x') } catch (e) { return [e.code, e.message, e instanceof Error] }",
    );
    let text = "no network: the operator can grant it with [sandbox.network] allow = [\"api.example.com:443\"]";
    assert_eq!((report.value(), report.calls.len()), (&json!(["network_denied", text, true]), 0));
    let report = run("await fetch('http://api.example.com:8080/x')");
    assert_eq!((report.error().code.as_str(), report.error().line), ("network_denied", Some(1)), "{report:?}");
    assert!(report.error().message.contains("allow = [\"api.example.com:8080\"]"), "{report:?}");
}

#[test]
fn a_denial_is_thrown_with_its_text() {
    let denial = |_: &str, _: &str, _: &Value| {
        Err(CallFailure {
            code: "network_denied".into(),
            message: "evil.example:443 is not granted: grant it".into(),
            ..CallFailure::default()
        })
    };
    let report =
        granted("try { await fetch('https://evil.example') } catch (e) { return [e.code, e.message] }", denial);
    assert_eq!(report.value(), &json!(["network_denied", "evil.example:443 is not granted: grant it"]));
    let report = granted("const a = 1;\nawait fetch('https://evil.example')", denial);
    assert_eq!((report.error().code.as_str(), report.error().line), ("network_denied", Some(2)), "{report:?}");
}

#[test]
fn a_signal_gives_up() {
    let code = "
        const control = new AbortController();
        const slow = fetch('https://a.example', { signal: control.signal });
        control.abort();
        const names = [];
        try { await slow } catch (e) { names.push(e.name) }
        try { await fetch('https://a.example', { signal: AbortSignal.abort() }) } catch (e) { names.push(e.name) }
        try { await fetch('https://a.example', { signal: AbortSignal.abort(new RangeError('mine')) }) } catch (e) { names.push(e.name) }
        return names;";
    assert_eq!(value(code), json!(["AbortError", "AbortError", "RangeError"]));
}

#[test]
fn what_cannot_be_sent_is_refused_here() {
    for code in [
        "fetch('/relative')",
        "fetch('ftp://a.example')",
        "fetch('https://u:p@a.example')",
        "fetch('https://a.example', { body: 'x' })",
        "fetch('https://a.example', { headers: { 'a b': 'c' } })",
        "fetch('https://a.example', { headers: { a: 'b\\r\\nc: d' } })",
        "fetch('https://a.example', { redirect: 'maybe' })",
        "fetch('https://a.example', { method: 'POST', body: { a: 1 } })",
        "fetch()",
    ] {
        let report = granted(&format!("try {{ await {code} }} catch (e) {{ return e.constructor.name }}"), echo);
        assert_eq!((report.value(), report.calls.len()), (&json!("TypeError"), 0), "{code}");
    }
    let large = "try { await fetch('https://a.example', { method: 'POST', body: new Uint8Array(17 << 20) }) } catch (e) { return e.code }";
    assert_eq!(value(large), json!("limit_exceeded"));
}

#[test]
fn answers_can_be_made_here_too() {
    let code = "
        const made = Response.json({ a: 1 }, { status: 404 });
        const parts = []; for await (const part of new Response('ab').body) parts.push(...part);
        let bad = ''; try { await new Response('<html>').json() } catch (e) { bad = e.message }
        return [made.ok, made.headers.get('content-type'), await made.json(), parts, bad.includes('<html>'), new Response(null, { status: 204 }).body,
            [...new Headers({ B: '1', a: '2' })], (await new Response('x').bytes())[0]];";
    assert_eq!(
        run(code).value(),
        &json!([false, "application/json", {"a": 1}, [97, 98], true, null, [["a", "2"], ["b", "1"]], 120])
    );
}
