//! `${VAR}` and `${VAR:-default}`; also `${env:VAR}`, as some editors write it.

use crate::problem::Fault;

/// Replaces variables in a text; one that is unset and has no default is an error.
pub(crate) fn expand(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<String, Fault> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("${") {
        let Some(length) = rest[start..].find('}') else { break };
        out.push_str(&rest[..start]);
        let inside = &rest[start + 2..start + length];
        let (name, default) = inside.split_once(":-").map_or((inside, None), |(name, default)| (name, Some(default)));
        let name = name.strip_prefix("env:").unwrap_or(name);
        match (env(name).filter(|value| !value.is_empty() || default.is_none()), default) {
            (Some(value), _) => out.push_str(&value),
            (None, Some(default)) => out.push_str(default),
            (None, None) => return Err(unset(name)),
        }
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

fn unset(name: &str) -> Fault {
    // Such as an editor's `${input:token}` or `${workspaceFolder}`, which only that editor can answer.
    if name.contains(':') || name == "workspaceFolder" {
        return Fault::hint(format!("${{{name}}} is not an environment variable"), "write the value or `${VAR}`");
    }
    let hint = format!("set it, or write ${{{name}:-default}}");
    Fault::hint(format!("environment variable {name} is not set"), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_defaults() {
        let env = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
        assert_eq!(expand("${HOME}/x ${A:-b}${env:HOME}", &env).unwrap(), "/home/me/x b/home/me");
        assert_eq!(expand("cost $5 {x} ${open", &env).unwrap(), "cost $5 {x} ${open");
        assert_eq!(expand("${NOPE}", &env).unwrap_err().message, "environment variable NOPE is not set");
        assert!(expand("${input:key}", &env).unwrap_err().message.contains("is not an environment variable"));
    }
}
