//! The little query language of the salesforce server:
//! `SELECT fields FROM Lead [WHERE field operator value [AND …]] [LIMIT n]`.
//!
//! What is not understood is an error, never an answer that looks right.

use serde_json::Value;

/// A query that was understood.
#[derive(Debug, PartialEq)]
pub(crate) struct Query {
    pub(crate) fields: Vec<String>,
    pub(crate) conditions: Vec<Condition>,
    pub(crate) limit: usize,
}

/// One comparison.
#[derive(Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) field: String,
    operator: String,
    value: String,
}

const FORM: &str =
    "write SELECT Id, Name FROM Lead [WHERE field = value [AND …]] [LIMIT n]; text values go in single quotes";
const OPERATORS: [&str; 6] = [">=", "<=", "!=", "=", ">", "<"];

/// Understands a query, or says how queries are written.
pub(crate) fn parse(text: &str) -> Result<Query, String> {
    let words = words(text)?;
    let mut words = words.iter().map(String::as_str).peekable();
    expect(&mut words, "SELECT")?;
    let mut fields = vec![word(&mut words)?];
    while words.next_if_eq(&",").is_some() {
        fields.push(word(&mut words)?);
    }
    expect(&mut words, "FROM")?;
    expect(&mut words, "Lead").map_err(|_| "only Lead can be queried".to_owned())?;
    let mut conditions = Vec::new();
    let mut joint = "WHERE";
    while words.next_if(|word| word.eq_ignore_ascii_case(joint)).is_some() {
        conditions.push(condition(&mut words)?);
        joint = "AND";
    }
    let mut limit = usize::MAX;
    if words.next_if(|word| word.eq_ignore_ascii_case("LIMIT")).is_some() {
        limit = word(&mut words)?.parse().map_err(|_| format!("LIMIT wants a number; {FORM}"))?;
    }
    match words.next() {
        None => Ok(Query { fields, conditions, limit }),
        Some(rest) => Err(format!("did not understand {rest:?}; {FORM}")),
    }
}

fn expect<'a>(words: &mut impl Iterator<Item = &'a str>, wanted: &str) -> Result<(), String> {
    match words.next() {
        Some(found) if found.eq_ignore_ascii_case(wanted) => Ok(()),
        found => Err(format!("expected {wanted}, found {:?}; {FORM}", found.unwrap_or("the end"))),
    }
}

fn word<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<String, String> {
    let found = words.next().filter(|found| *found != "," && !OPERATORS.contains(found));
    found.map(str::to_owned).ok_or_else(|| format!("a word is missing; {FORM}"))
}

fn condition<'a>(words: &mut impl Iterator<Item = &'a str>) -> Result<Condition, String> {
    let field = word(words)?;
    let operator = words.next().filter(|found| OPERATORS.contains(found));
    let operator = operator.ok_or_else(|| format!("after {field} one of {OPERATORS:?} is missing"))?.to_owned();
    Ok(Condition { field, operator, value: word(words)? })
}

/// Splits at spaces, commas and operators; quoted text is one word, without its quotes.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '\'' {
            let end = rest[1..].find('\'').ok_or_else(|| format!("a quote is not closed; {FORM}"))?;
            words.push(rest[1..=end].to_owned());
            end + 2
        } else {
            let mark = OPERATORS.iter().chain(&[","]).find(|mark| rest.starts_with(**mark));
            let length = mark.map_or_else(|| rest.find(ends_word).unwrap_or(rest.len()), |mark| mark.len());
            // A lone mark such as `!` ends a word without being one.
            let length = length.max(first.len_utf8());
            words.push(rest[..length].to_owned());
            length
        };
        rest = rest[length..].trim_start();
    }
    Ok(words)
}

fn ends_word(letter: char) -> bool {
    letter.is_whitespace() || ",=<>!'".contains(letter)
}

impl Condition {
    /// Whether a value passes: as numbers if both are, else as text; what is absent passes nothing.
    pub(crate) fn holds(&self, found: &Value) -> bool {
        let order = match (found.as_f64(), self.value.parse::<f64>(), found.as_str()) {
            (Some(found), Ok(wanted), _) => found.partial_cmp(&wanted),
            (None, _, Some(found)) => Some(found.cmp(self.value.as_str())),
            _ => None,
        };
        order.is_some_and(|order| match self.operator.as_str() {
            ">=" => order.is_ge(),
            "<=" => order.is_le(),
            "!=" => order.is_ne(),
            ">" => order.is_gt(),
            "<" => order.is_lt(),
            _ => order.is_eq(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn queries_are_understood_with_and_without_spaces() {
        let query = parse("select Id,Name from lead where EngagementScore>=80 AND Company = 'Acme Tools' limit 5");
        let query = query.unwrap();
        assert_eq!((query.fields.join(" ").as_str(), query.limit), ("Id Name", 5));
        assert!(query.conditions[0].holds(&json!(80)) && !query.conditions[0].holds(&json!(79)));
        assert!(query.conditions[1].holds(&json!("Acme Tools")) && !query.conditions[1].holds(&Value::Null));
    }

    #[test]
    fn what_is_not_understood_is_an_error() {
        for wrong in [
            "",
            "DELETE FROM Lead",
            "SELECT FROM Lead",
            "SELECT Id FROM Account",
            "SELECT Id FROM Lead ORDER BY Id",
            "SELECT Id FROM Lead WHERE Id",
            "SELECT Id FROM Lead WHERE Id = 'x",
            "SELECT Id FROM Lead LIMIT many",
            "SELECT Id FROM Lead WHERE Id ! 3",
            "SELECT Id FROM Lead; ü",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
