//! Variables as each client writes them, turned into `${NAME}` and `${NAME:-default}`.

use crate::{Dialect, Refused};

/// What texts of a file may refer to beside the environment.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The project's folder, for `${workspaceFolder}`.
    pub project: String,
    /// The home folder, for `${userHome}`.
    pub home: String,
}

/// A text with its variables in our form.
pub(crate) fn normal(dialect: Dialect, text: &str, around: &Surroundings) -> Result<String, Refused> {
    match dialect {
        Dialect::OpenCode => braces(text),
        Dialect::Gemini => dollars(&dollar_braces(text, around)?),
        _ => dollar_braces(text, around),
    }
}

/// Each `${…}`.
fn dollar_braces(text: &str, around: &Surroundings) -> Result<String, Refused> {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        out.push_str(&rest[..start]);
        out.push_str(&meant(&rest[start + 2..start + length], around)?);
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn meant(inside: &str, around: &Surroundings) -> Result<String, Refused> {
    let folder_name = || around.project.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(match inside {
        "workspaceFolder" | "workspaceRoot" => around.project.clone(),
        "workspaceFolderBasename" => folder_name(),
        "userHome" => around.home.clone(),
        "pathSeparator" | "/" => "/".into(),
        _ => match inside.split_once(':') {
            Some(("env", name)) if is_name(name) => format!("${{{name}}}"),
            Some(("input", id)) => format!("${{{}}}", variable(id)?),
            Some((name, default)) if default.starts_with('-') && is_name(name) => format!("${{{inside}}}"),
            None if is_name(inside) => format!("${{{inside}}}"),
            _ => return Err(Refused("holds a `${…}` that only the client itself can answer".into())),
        },
    })
}

/// The variable that takes the place of a value that the client asks a person for.
fn variable(id: &str) -> Result<String, Refused> {
    let name: String =
        id.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if is_name(&name) { Ok(name) } else { Err(Refused("holds an `${input:…}` without a usable name".into())) }
}

/// Each `$NAME` that is not `${…}`.
fn dollars(text: &str) -> Result<String, Refused> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let name = &rest[..end];
        if is_name(name) {
            out.push_str(&format!("${{{name}}}"));
            rest = &rest[end..];
        } else {
            out.push('$');
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// Each `{env:NAME}`; a `{file:…}` would have to be read.
fn braces(text: &str) -> Result<String, Refused> {
    if text.contains("{file:") {
        return Err(Refused("takes its value from a file; write the value or a variable".into()));
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find("{env:") {
        let Some(length) = rest[start..].find('}') else { break };
        let name = &rest[start + 5..start + length];
        if !is_name(name) {
            return Err(Refused("holds an `{env:…}` without a usable name".into()));
        }
        out.push_str(rest[..start].strip_suffix('$').unwrap_or(&rest[..start]));
        out.push_str(&format!("${{{name}}}"));
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

pub(crate) fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= 128
}

/// The variables in a text of ours that have no default.
pub fn references(text: &str) -> Vec<&str> {
    let starts = text.match_indices("${").map(|(at, _)| &text[at + 2..]);
    let inside = starts.filter_map(|rest| rest.split_once('}').map(|(inside, _)| inside));
    inside.filter(|inside| is_name(inside)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clients_variables_become_ours() {
        let around = Surroundings { project: "/p/app".into(), home: "/h".into() };
        for (dialect, text, meant) in [
            (Dialect::VsCode, "${env:TOKEN} ${input:api-key}", "${TOKEN} ${API_KEY}"),
            (Dialect::VsCode, "${workspaceFolder}/x ${userHome}", "/p/app/x /h"),
            (Dialect::ClaudeCode, "${A:-b} ${C}", "${A:-b} ${C}"),
            (Dialect::Gemini, "Bearer $TOKEN, $5 and ${X}", "Bearer ${TOKEN}, $5 and ${X}"),
            (Dialect::OpenCode, "Bearer {env:TOKEN}", "Bearer ${TOKEN}"),
            (Dialect::Common, "100 % of ${open", "100 % of ${open"),
        ] {
            assert_eq!(normal(dialect, text, &around).unwrap(), meant);
        }
        for (dialect, text) in [(Dialect::VsCode, "${command:pick}"), (Dialect::OpenCode, "{file:~/.key}")] {
            assert!(normal(dialect, text, &around).is_err(), "{text}");
        }
        assert_eq!(references("${A} ${B:-x} ${C}"), ["A", "C"]);
    }
}
