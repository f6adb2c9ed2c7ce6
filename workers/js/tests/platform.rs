//! What models take for granted.

use crate::worker::{run, value};
use serde_json::json;

#[test]
fn the_usual_names_work() {
    for (code, expected) in [
        (
            "new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' }).format(1234567.891)",
            json!("$1,234,567.89"),
        ),
        ("(1234567.891).toLocaleString()", json!("1,234,567.891")),
        ("(0.256).toLocaleString('en-US', { style: 'percent' })", json!("26%")),
        ("(1234.5).toLocaleString('de-DE')", json!("1.234,5")),
        ("(5).toLocaleString('en-US', { minimumFractionDigits: 2 })", json!("5.00")),
        ("(1500000).toLocaleString('en-US', { notation: 'compact' })", json!("1.5M")),
        (
            "new Date(0).toLocaleDateString('en-US', { weekday: 'short', year: 'numeric', month: 'short', day: 'numeric' })",
            json!("Thu, Jan 1, 1970"),
        ),
        ("new Date(0).toLocaleString('en-US', { timeZone: 'UTC' })", json!("1/1/1970, 12:00:00 AM")),
        ("['b', 'a', 'C', 'é', 'e'].sort((a, b) => a.localeCompare(b)).join('')", json!("abCeé")),
        ("new URL('/a/../b?x=1#h', 'https://user@Example.com:443/z').href", json!("https://user@example.com/b?x=1#h")),
        (
            "const u = new URL('http://a.b/c'); u.searchParams.set('q', 'x y'); u.toString()",
            json!("http://a.b/c?q=x+y"),
        ),
        (
            "Buffer.from('hé').toString('base64') + Buffer.from('aGk=', 'base64').toString() + Buffer.concat([Buffer.from([65]), Buffer.from('B')]).toString('hex')",
            json!("aMOphi4142"),
        ),
        ("new TextDecoder().decode(new TextEncoder().encode('✓'))", json!("✓")),
        ("/^[0-9a-f]{8}-[0-9a-f]{4}-4/.test(crypto.randomUUID())", json!(true)),
        ("atob(btoa('hi'))", json!("hi")),
        (
            "structuredClone({ d: new Date(0), m: new Map([[1, { a: 1 }]]) })",
            json!({"d": "1970-01-01T00:00:00.000Z", "m": {"1": {"a": 1}}}),
        ),
        (
            "const c = new AbortController(); let n = 0; c.signal.addEventListener('abort', () => n++); c.abort(); [n, c.signal.aborted, c.signal.reason.name]",
            json!([1, true, "AbortError"]),
        ),
        (
            "[typeof performance.now(), Object.keys(process.env).length, process.argv.length, process.cwd()]",
            json!(["number", 0, 2, "/"]),
        ),
        (
            "const fs = require('fs'); fs.mkdirSync('/workspace/a/b', { recursive: true }); fs.writeFileSync('workspace/a/b/c.txt', 'x'); [fs.existsSync('/workspace/a/b/c.txt'), fs.readdirSync('/workspace', { recursive: true }), fs.statSync('/workspace/a').isDirectory()]",
            json!([true, ["a", "a/b", "a/b/c.txt"], true]),
        ),
        (
            "import path from 'node:path'; import { join } from 'path'; [path.basename('/a/b.txt', '.txt'), join('/a', '../b'), path.extname('x.tar.gz')]",
            json!(["b", "/b", ".gz"]),
        ),
        (
            "import { readFile } from 'node:fs/promises'; try { await readFile('/none.txt', 'utf8') } catch (e) { return [e.code, e.message] }",
            json!(["ENOENT", "ENOENT: no such file or directory, open '/none.txt'"]),
        ),
        (
            "const order: string[] = []; setTimeout(() => order.push('b'), 5); setTimeout(() => order.push('a'), 1); const t = setInterval(() => order.push('i'), 1000); await sleep(20); clearInterval(t); order.join('')",
            json!("ab"),
        ),
        ("await Promise.race([new Promise(r => setTimeout(r, 60000)), Promise.resolve(1)])", json!(1)),
    ] {
        let report = run(code);
        assert_eq!(report.value.as_ref(), Some(&expected), "{code}\n{report:?}");
    }
}

#[test]
fn console_is_readable() {
    let report = run(
        "const a: any = { name: 'x', list: [1, 2, [3]], nested: { deep: { er: { est: { no: 1 } } } } }; a.self = a;\nconsole.log('Available:', ['a', 'b'], a, null, undefined, 5n, new Map([['k', 1]]));\nconsole.log('%s is %d', 'x', 4);\nconsole.warn('w');\nconsole.table([{ a: 1, b: 'x' }]);\nconsole.group('g'); console.log('in'); console.groupEnd(); console.log('out')",
    );
    assert!(
        report.out.starts_with("Available: [ 'a', 'b' ] {\n  name: 'x',\n  list: [ 1, 2, [ 3 ] ],"),
        "{}",
        report.out
    );
    for part in [
        "self: [Circular]",
        "null undefined 5n Map(1) { 'k' => 1 }\n",
        "x is 4\n",
        "| (index) | a | b |",
        "g\n  in\nout\n",
    ] {
        assert!(report.out.contains(part), "{part}\n{}", report.out);
    }
    assert_eq!(report.err, "w\n");
}

#[test]
fn exit_ends_a_program() {
    assert!(run("process.exit(0); throw 1").error.is_none());
    assert!(run("process.exit(2)").error().message.contains("exit(2)"));
    assert_eq!(value("console.log('a'); return 1"), json!(1));
}

#[test]
fn what_a_program_puts_in_the_place_of_a_name_stays() {
    for (code, expected) in [
        ("globalThis.fetch = (async () => 'mine') as any; new Headers(); return await fetch('x')", json!("mine")),
        (
            "class URL { x = 1 } return [new URL().x, new Request('https://a.example').url]",
            json!([1, "https://a.example/"]),
        ),
        (
            "(globalThis as any).Intl = 5; return [(globalThis as any).Intl, (1234.5).toLocaleString('de')]",
            json!([5, "1.234,5"]),
        ),
        ("return Object.keys(globalThis).filter((name) => /Intl|URL|Buffer|fetch/.test(name)).length", json!(0)),
        (
            "return ['Intl' in globalThis, typeof Buffer, typeof URL, typeof structuredClone]",
            json!([true, "function", "function", "function"]),
        ),
    ] {
        let report = run(code);
        assert_eq!(report.value.as_ref(), Some(&expected), "{code}\n{report:?}");
    }
}

#[test]
fn large_inputs_end_in_an_answer() {
    for (code, part) in [
        ("new Intl.Segmenter('en').segment('x'.repeat(5_000_000))", "cut it at line breaks"),
        ("new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array([255]))", "not valid"),
        ("Buffer.from('x').readInt32LE(0)", "out of range"),
        ("require('crypto').createHash('crc32')", "there is md5"),
        ("import { parse } from 'outboard:csv'; parse('a,\"b')", "never closed"),
    ] {
        assert!(run(code).error().message.contains(part), "{code}\n{:?}", run(code));
    }
    assert_eq!(value("new Intl.NumberFormat('en').format('9'.repeat(2000) as any).length"), json!(2666));
}

#[test]
fn packages_that_are_not_there_are_refused_with_advice() {
    for (spec, advice) in [
        ("csv-parse/sync", "outboard:csv"),
        ("@modelcontextprotocol/sdk/client/index.js", "./servers/server-name"),
        ("lodash.debounce", "Object.groupBy"),
        ("node:fs/promise", "Did you mean fs/promises"),
        ("some-package-of-nobody", "packages are not available"),
    ] {
        let report = run(&format!("import x from '{spec}';\nx()"));
        assert!(report.error().message.contains(advice), "{spec}: {report:?}");
    }
}
