//! The forms a program may have, and what its value is.

use crate::worker::{Host, echo, run, value};
use serde_json::json;

#[test]
fn every_form_gives_its_value() {
    for (code, expected) in [
        ("return 1+1", json!(2)),
        ("const a = 2; a * 3", json!(6)),
        ("await Promise.resolve(4)", json!(4)),
        ("export default { a: 1 }", json!({"a": 1})),
        ("export default async function main() { return 'made' }", json!("made")),
        ("export default () => 5", json!(5)),
        ("const five = 5;\nexport { five as default }", json!(5)),
        ("export async function run(input: unknown) { return 'ran' }", json!("ran")),
        ("async function run() { return 'plain' }", json!("plain")),
        ("export async function run() { return 'once' }\nconst x = await run(); x + '!'", json!("once!")),
        ("async function main() { await sleep(2); return 'main' }\nmain();", json!("main")),
        ("main();\nasync function main() { return 'early' }", json!("early")),
        ("try { JSON.parse('{}').a ?? 'none' } catch (e) { 'bad' }", json!("none")),
        ("if (1 > 2) { 'a' } else { 'b' }", json!("b")),
        ("'just text'", json!("just text")),
        ("#!/usr/bin/env node\nreturn 2", json!(2)),
        ("let n = 0; for await (const x of [Promise.resolve(3)]) n += x;\nn", json!(3)),
        ("import type { X } from './nowhere';\nexport type Y = X;\n3", json!(3)),
        ("export class A {}\nexport default class { static x = 1 }", json!("[Function anonymous]")),
        ("({ a: 1 })", json!({"a": 1})),
        ("(async () => { return [1, 2] })()", json!([1, 2])),
    ] {
        let report = run(code);
        assert_eq!(report.value.as_ref(), Some(&expected), "{code}\n{report:?}");
    }
    assert!(run("console.log('x')").value.is_none());
}

#[test]
fn input_reaches_run_and_the_global() {
    let host = Host { input: Some(json!({"n": 20})), ..Host::default() };
    let report = host.run("export async function run(given: { n: number }) { return given.n + input.n }", echo);
    assert_eq!(report.value(), &json!(40));
}

#[test]
fn typescript_is_stripped() {
    let code = "enum Level { Low = 1, High }
interface Row<T> { value: T }
namespace Tools { export const twice = (n: number) => n * 2 }
class Box { constructor(private readonly inner: number, public name?: string) {} get() { return this.inner } }
function logged(target: any, key: string, d: PropertyDescriptor) { return d }
class Svc { @logged go() { return 'go' } }
abstract class Shape { abstract area(): number }
const rows = [{ value: Level.High }] satisfies Row<Level>[];
const pick = <T,>(list: T[], at = 0): T => list[at]!;
type Unused = import('./nowhere').Thing;
return [pick(rows).value, Tools.twice(4), new Box(3).get(), Level[1], new Svc().go(), (rows as any)?.length];";
    assert_eq!(value(code), json!([2, 8, 3, "Low", "go", 1]));
}

#[test]
fn errors_point_at_the_line_that_was_written() {
    let code = "interface A {\n  x: number;\n}\n\nfunction deep(a: A | null): number {\n  return a!.x;\n}\n\nexport const n = 1;\nconst r = deep(null);\nreturn r;";
    let report = run(code);
    let error = report.error();
    assert_eq!((error.code.as_str(), error.line), ("program_error", Some(6)), "{error:?}");
    assert_eq!(error.excerpt.as_deref(), Some("  return a!.x;"));
    assert!(error.message.starts_with("TypeError: "), "{error:?}");
    assert!(error.stack[0].starts_with("deep (program.ts:6:"), "{error:?}");
    assert!(error.stack[1].contains("program.ts:10:"), "{error:?}");
}

#[test]
fn a_thrown_error_has_its_exact_column() {
    let report = run("type T = string;\n\n  throw new RangeError('no');");
    let error = report.error();
    assert_eq!((error.line, error.column), (Some(3), Some(13)), "{error:?}");
    assert_eq!(error.message, "RangeError: no");
    let own = run(
        "class Own extends Error { constructor(m: string) { super(m); this.name = 'Mine' } }\n\nthrow new Own('x');",
    );
    assert_eq!((own.error().line, own.error().message.as_str()), (Some(3), "Mine: x"));
}

#[test]
fn syntax_errors_show_the_source() {
    let report = run("const a = 1;\nconst b = = 2;\n");
    let error = report.error();
    assert_eq!((error.code.as_str(), error.line, error.column), ("syntax_error", Some(2), Some(11)), "{error:?}");
    assert_eq!(error.excerpt.as_deref(), Some("const b = = 2;"));
    assert_eq!(run("let a = 1; let a = 2;").error().code, "syntax_error");
}

#[test]
fn what_is_not_an_error_is_reported_too() {
    assert!(run("throw 42").error().message.contains("42"));
    assert!(run("throw { why: 'because' }").error().message.contains("because"));
    assert!(run("throw null").error().message.contains("null"));
    let report = run("Promise.reject(new Error('lost')); return 1");
    assert_eq!(report.error().message, "Error: lost");
    assert!(run("const p = Promise.reject(new Error('x')); try { await p } catch {} return 1").value.is_some());
    assert!(run("await new Promise(() => {})").error().message.contains("cannot happen"));
    assert!(
        run("setTimeout(() => { throw new TypeError('late') }, 1); await sleep(50)").error().message.contains("late")
    );
}

#[test]
fn results_become_sensible_json() {
    let code = "const a: any = { m: new Map([['k', 1]]), s: new Set([1, 2]), b: 12n, d: new Date(0), f: function named() {}, u: undefined, e: new TypeError('bad'), n: NaN, l: [undefined] };\na.self = a;\nreturn a";
    let expected = json!({"m": {"k": 1}, "s": [1, 2], "b": "12", "d": "1970-01-01T00:00:00.000Z", "f": "[Function named]", "e": {"name": "TypeError", "message": "bad"}, "n": null, "l": [null], "self": "[Circular]"});
    assert_eq!(value(code), expected);
}

#[test]
fn stacks_that_a_program_prints_are_mapped() {
    let report = run(
        "interface X { a: 1 }\nfunction f() {\n  throw new Error('boom');\n}\ntry { f() } catch (e) { console.error(e) }",
    );
    assert!(report.err.starts_with("Error: boom\n    at f (program.ts:3:"), "{}", report.err);
    assert!(!report.err.contains("outboard"), "{}", report.err);
}
