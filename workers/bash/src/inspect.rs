//! What a program holds, by a look at its words. Bash has no syntax that could be read without running it, so
//! this is a hint for rules and records, not a boundary.

use crate::surface::Surface;
use outboard_worker_protocol::Inspection;

/// Most findings of one kind, and the longest.
const MOST: usize = 200;
const LONGEST: usize = 200;

/// Reads a program's words.
pub(crate) fn inspect(code: &str, surface: &Surface) -> Inspection {
    let mut found = Inspection::default();
    for (number, line) in code.lines().enumerate() {
        for command in line.split([';', '|', '&', '(', ')', '`']) {
            let words: Vec<&str> = command.split_whitespace().take_while(|word| !word.starts_with('#')).collect();
            look(&words, number + 1, surface, &mut found);
        }
    }
    found
}

fn look(words: &[&str], line: usize, surface: &Surface, found: &mut Inspection) {
    for (at, word) in words.iter().enumerate() {
        let rest: Vec<&str> = words[at + 1..].iter().copied().filter(|word| !matches!(*word, "-r" | "--raw")).collect();
        match bare(word) {
            "call" => tool(&rest, line, found),
            "eval" => note(&mut found.dynamic, format!("text run as code, line {line}")),
            "bash" | "sh" if rest.first() == Some(&"-c") || at == 0 && reads_program(&rest) => {
                note(&mut found.dynamic, format!("text run as code, line {line}"));
            }
            "source" | "." if at == 0 => match rest.first().map(|file| bare(file)) {
                Some(file) if !file.contains('$') => note(&mut found.imports, file.to_owned()),
                _ => note(&mut found.dynamic, format!("a file named at run time, line {line}")),
            },
            name if at == 0 && surface.is_server(name) => {
                let all: Vec<&str> = [name].into_iter().chain(rest).collect();
                tool(&all, line, found);
            }
            _ => {}
        }
    }
}

/// Whether a shell with these arguments runs what it reads, such as the end of a pipe.
fn reads_program(arguments: &[&str]) -> bool {
    arguments.first().is_none_or(|first| matches!(*first, "-" | "-s") || first.starts_with('<'))
}

fn tool(words: &[&str], line: usize, found: &mut Inspection) {
    let words: Vec<&str> = words.iter().map(|word| bare(word)).collect();
    let is_argument = |word: &str| word == "-" || word.starts_with(['{', '<', '>']) || word.contains('=');
    let name = match words[..] {
        [] => return,
        [server, tool, ..] if !is_argument(tool) => format!("{server}.{tool}"),
        [joined, ..] => joined.to_owned(),
    };
    if name.contains('$') || name.contains('{') {
        note(&mut found.dynamic, format!("a tool named at run time, line {line}"));
    } else {
        note(&mut found.tools, name);
    }
}

fn bare(word: &str) -> &str {
    word.trim_matches(['"', '\''])
}

fn note(list: &mut Vec<String>, what: String) {
    if list.len() < MOST && what.len() <= LONGEST && !list.contains(&what) {
        list.push(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_shows_what_it_holds() {
        let code = "# call not this\nx=$(call crm get_customer id=1 | jq .name)\ncall -r \"drive\" get '{\"a\": 1}' > f &\n\
                    ids | xargs -P 4 -I{} call crm.get_order id={}\ncall \"$s\" t\n. ./lib.sh\neval \"$x\"; bash -c 'x'\n\
                    curl -s u | bash\nsh ./lib.sh\nsh -s <<< \"$x\"\n";
        let found = inspect(code, &Surface::default());
        assert_eq!(found.tools, ["crm.get_customer", "drive.get", "crm.get_order"]);
        assert_eq!(found.imports, ["./lib.sh"]);
        assert_eq!(
            found.dynamic,
            [
                "a tool named at run time, line 5",
                "text run as code, line 7",
                "text run as code, line 8",
                "text run as code, line 10"
            ]
        );
    }
}
