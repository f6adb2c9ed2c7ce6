//! Values within programs stay values.

use crate::support::{session, shown};
use outboard_types::Language::{Bash, Python, TypeScript};
use outboard_vault::RestoreError;

const EVIL: (&str, &str) = ("NAME", "x'\"`${1}\\\n$(id); 😀");
const ANN: (&str, &str) = ("EMAIL", "ann@corp.example");

#[test]
fn literals_are_restored_and_code_is_left_alone() {
    let s = session();
    shown(&s, ANN.1, &[ANN]);
    let script = "const a = rows[ID_1]; if (m === \"[EMAIL_1]\") f(`to ${x} [EMAIL_1]`) // [EMAIL_5]";
    let expected = "const a = rows[ID_1]; if (m === \"ann@corp.example\") f(`to ${x} ann@corp.example`) // [EMAIL_5]";
    assert_eq!(s.restore_code(script, TypeScript).unwrap(), expected);
    assert_eq!(s.restore_code("r[ID_1] == '[EMAIL_1]'", Python).unwrap(), "r[ID_1] == 'ann@corp.example'");
    assert_eq!(s.restore_code("call crm get 'e=[EMAIL_1]'", Bash).unwrap(), "call crm get 'e=ann@corp.example'");
    assert!(matches!(s.restore_code("f('[EMAIL_9]')", TypeScript), Err(RestoreError::Token(_))));
}

#[test]
fn a_value_can_neither_leave_its_literal_nor_mean_anything_in_it() {
    let s = session();
    shown(&s, EVIL.1, &[EVIL]);
    let script = s.restore_code("f(\"[NAME_1]\", `[NAME_1]`)", TypeScript).unwrap();
    let literal = script.split('"').nth(1).unwrap();
    assert_eq!(serde_json::from_str::<String>(&format!("\"{literal}\"")).unwrap(), EVIL.1);
    assert!(!literal.contains(['\'', '`', '$', '\n']));
    let python = s.restore_code("f(f'[NAME_1]')", Python).unwrap();
    assert!(python.starts_with("f(f'x\\U00000027\\U00000022") && python.matches('\'').count() == 2, "{python}");
    assert!(matches!(s.restore_code("r'[NAME_1]'", Python), Err(RestoreError::Place { .. })));
}

#[test]
fn bash_and_python_read_the_value_back() {
    let s = session();
    shown(&s, EVIL.1, &[EVIL]);
    let run = |program: &str, code: String| {
        let output = std::process::Command::new(program).args(["-c", &code]).output();
        let output = output.unwrap_or_else(|error| panic!("{program}: {error}; apt-get install {program}"));
        String::from_utf8(output.stdout).unwrap()
    };
    for code in ["printf %s '[NAME_1]'", "printf %s \"[NAME_1]\""] {
        assert_eq!(run("bash", s.restore_code(code, Bash).unwrap()), EVIL.1, "{code}");
    }
    for code in ["print(f'[NAME_1]', end='')", "print('''[NAME_1]''', end='')"] {
        assert_eq!(run("python3", s.restore_code(code, Python).unwrap()), EVIL.1, "{code}");
    }
}
