//! `${VAR}` and `${VAR:-default}`; also `${env:VAR}`, as some editors write it.

/// Replaces variables in a text; the error is the name of one that is unset and has no default.
pub(crate) fn expand(text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
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
            (None, None) => return Err(name.to_owned()),
        }
        rest = &rest[start + length + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_defaults() {
        let env = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
        assert_eq!(expand("${HOME}/x ${A:-b}${env:HOME}", &env).unwrap(), "/home/me/x b/home/me");
        assert_eq!(expand("cost $5 {x} ${open", &env).unwrap(), "cost $5 {x} ${open");
        assert_eq!(expand("${NOPE}", &env).unwrap_err(), "NOPE");
    }
}
