//! Skills that clients see as tools and prompts of their own.
//!
//! A call of one is a small program that imports it, as all sessions see it: it takes the path of every program, with the same jail,
//! policy, limits and record. Never here: how either is said in the protocol.

use super::{Shelf, kinds};
use crate::executions::Executions;
use outboard_skills::{Checked, Export, Parameter, Skill, one_line};
use outboard_types::{ErrorCode, Language, ToolError};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What their names begin with where they stand beside tools of servers.
pub const EXPOSED: &str = "skills__";

/// Longest description of one.
const DESCRIPTION: usize = 1_024;

/// Longest text of one as a prompt, in characters.
const MANUAL: usize = 64 << 10;

/// A skill as clients see it.
#[derive(Debug, Clone)]
pub struct ExposedSkill {
    /// Its name among tools and prompts.
    pub name: String,
    /// What it does.
    pub description: String,
    /// The schema of its arguments; none where it can not be called.
    pub schema: Option<Value>,
    /// The text of its `SKILL.md`; empty without one.
    pub manual: String,
    call: Option<Call>,
}

/// How a program calls it.
#[derive(Debug, Clone)]
struct Call {
    language: Language,
    path: String,
    function: String,
    arguments: Vec<Argument>,
}

#[derive(Debug, Clone)]
struct Argument {
    name: String,
    schema: Value,
    required: bool,
}

impl Executions {
    /// The skills that settings expose, as they are for all sessions now. One that is not there is left out; one that no
    /// worker read yet is read now.
    pub async fn exposed_skills(&self) -> Vec<ExposedSkill> {
        let mut found = Vec::new();
        let Some(shelf) = &self.deps().skills else { return found };
        for name in &shelf.rules().expose {
            match self.exposed(shelf, name.as_str()).await {
                Ok(skill) => found.push(skill),
                Err(error) => tracing::warn!(skill = %name, %error, "a skill that settings expose is not shown"),
            }
        }
        found
    }

    /// The exposed skill that a name among tools and prompts means.
    pub async fn exposed_skill(&self, shown: &str) -> Option<ExposedSkill> {
        let shelf = self.deps().skills.as_ref()?;
        let name = shelf.rules().expose.iter().find(|name| shown.strip_prefix(EXPOSED) == Some(name.as_str()))?;
        self.exposed(shelf, name.as_str()).await.ok()
    }

    /// Whether settings name any.
    pub fn exposes_skills(&self) -> bool {
        self.deps().skills.as_ref().is_some_and(|shelf| !shelf.rules().expose.is_empty())
    }

    async fn exposed(&self, shelf: &Arc<Shelf>, name: &str) -> Result<ExposedSkill, ToolError> {
        let (own, wanted) = (shelf.clone(), name.to_owned());
        let got = tokio::task::spawn_blocking(move || own.collection().get(&wanted).map(|(_, skill)| skill)).await;
        let lost = |error: tokio::task::JoinError| ToolError::new(ErrorCode::Internal, error.to_string());
        let skill = got.map_err(lost)?.map_err(super::skill_error)?;
        let checked = match shelf.collection().checked(&skill.version) {
            Some(checked) => checked,
            None => {
                let read = self.check_skill(&skill).await?;
                shelf.collection().keep_checked(&skill.version, read).map_err(super::skill_error)?
            }
        };
        if let Some(refused) = &checked.refused {
            return Err(ToolError::new(ErrorCode::SkillRefused, refused.clone()));
        }
        Ok(ExposedSkill::new(&skill, &checked, &shelf.description(&skill)))
    }
}

impl ExposedSkill {
    fn new(skill: &Skill, checked: &Checked, description: &str) -> Self {
        let call = Call::of(skill, checked);
        Self {
            name: format!("{EXPOSED}{}", skill.name),
            description: one_line(description, DESCRIPTION),
            schema: call.as_ref().map(|call| call.schema(skill)),
            manual: skill.front.body.chars().take(MANUAL).collect(),
            call,
        }
    }

    /// The program that calls it with these arguments, and its input.
    ///
    /// # Errors
    /// If it can not be called, or not with these: the error names the argument.
    pub fn program(&self, given: Option<&RawValue>) -> Result<(Language, String, Box<RawValue>), ToolError> {
        let wrong = |message: String| ToolError::new(ErrorCode::InvalidArguments, format!("{}: {message}", self.name));
        let call = self.call.as_ref().ok_or_else(|| wrong("it has no function that can be called".into()))?;
        let text = given.map_or("{}", RawValue::get);
        let values: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| wrong("arguments are one JSON object".into()))?;
        let names: Vec<&str> = call.arguments.iter().map(|one| one.name.as_str()).collect();
        let takes = || format!("it takes {}", if names.is_empty() { "none".into() } else { names.join(", ") });
        if let Some(name) = values.keys().find(|name| !names.contains(&name.as_str())) {
            let name = one_line(name, 80);
            return Err(wrong(format!("there is no argument {name:?}")).hint(takes()));
        }
        for one in &call.arguments {
            match values.get(&one.name) {
                None if one.required => {
                    return Err(wrong(format!("the argument {:?} is missing", one.name)).hint(takes()));
                }
                Some(value) if !kinds::fits(&one.schema, value) => {
                    return Err(wrong(format!("the argument {:?} does not fit {}", one.name, one.schema)));
                }
                _ => {}
            }
        }
        let input = RawValue::from_string(Value::Object(values).to_string());
        Ok((call.language, call.code(), input.map_err(|error| wrong(error.to_string()))?))
    }
}

impl Call {
    fn of(skill: &Skill, checked: &Checked) -> Option<Self> {
        let (camel, snake) = (skill.name.camel(), skill.name.snake());
        let main =
            |language: &Language| checked.main(*language, [&camel, &snake]).filter(|main| main.kind == "function");
        let (language, main) = skill.languages().into_iter().find_map(|one| Some((one, main(&one)?)))?;
        let arguments = arguments(main);
        Some(Self { language, path: skill.import_path(language)?, function: main.name.clone(), arguments })
    }

    fn schema(&self, skill: &Skill) -> Value {
        let mut properties = Map::new();
        for one in &self.arguments {
            let mut schema = one.schema.clone();
            if let Some(told) = skill.front.parameters.get(&one.name).filter(|told| !told.is_empty()) {
                schema["description"] = json!(told);
            }
            properties.insert(one.name.clone(), schema);
        }
        let required: Vec<&str> =
            self.arguments.iter().filter(|one| one.required).map(|one| one.name.as_str()).collect();
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    fn code(&self) -> String {
        let Self { language, path, function, arguments } = self;
        if *language == Language::Python {
            return format!("# skills: shared\nfrom {path} import {function} as skill\nskill(**input)\n");
        }
        let import = if function == "default" { "skill".to_owned() } else { format!("{{ {function} as skill }}") };
        let given: Vec<String> = arguments.iter().map(|one| format!("input[{}]", json!(one.name))).collect();
        format!("// skills: shared\nimport {import} from {};\nreturn await skill({});\n", json!(path), given.join(", "))
    }
}

/// The arguments by name. A parameter that is taken apart where it is declared has none, so it gets one.
fn arguments(main: &Export) -> Vec<Argument> {
    let plain = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$');
    let taken = main.parameters.iter().filter(|one| !one.name.starts_with("..."));
    let one = |(at, taken): (usize, &Parameter)| Argument {
        name: match (plain(&taken.name), at) {
            (true, _) => taken.name.clone(),
            (false, 0) => "input".to_owned(),
            (false, at) => format!("input{}", at + 1),
        },
        schema: match plain(&taken.name) || !taken.kind.is_empty() {
            true => kinds::schema(&taken.kind),
            false => json!({"type": "object"}),
        },
        required: !taken.optional,
    };
    taken.enumerate().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_skills::Files;

    fn exposed(path: &str, language: Language, parameters: &[(&str, &str, bool)]) -> ExposedSkill {
        let skill = Skill::read(Files::new().with(path, "").unwrap()).unwrap();
        let parameter = |(name, kind, optional): &(&str, &str, bool)| Parameter {
            name: (*name).into(),
            kind: (*kind).into(),
            optional: *optional,
        };
        let export = Export {
            language,
            name: "sumUp".into(),
            kind: "function".into(),
            signature: String::new(),
            parameters: parameters.iter().map(parameter).collect(),
            doc: String::new(),
        };
        ExposedSkill::new(&skill, &Checked { exports: vec![export], ..Checked::default() }, "Adds up.")
    }

    fn raw(value: &Value) -> Box<RawValue> {
        RawValue::from_string(value.to_string()).unwrap()
    }

    #[test]
    fn a_call_is_a_small_program() {
        let skill = exposed(
            "sum-up/index.ts",
            Language::TypeScript,
            &[("page", "number", false), ("{ a, b }", "", false), ("more", "string", true), ("...rest", "", true)],
        );
        let given = raw(&json!({"page": 1, "input2": {}}));
        let (language, code, input) = skill.program(Some(&given)).unwrap();
        let told = "// skills: shared\nimport { sumUp as skill } from \"./skills/sum-up\";\nreturn await skill(input[\"page\"], input[\"input2\"], input[\"more\"]);\n";
        assert_eq!((language, code.as_str(), input.get()), (Language::TypeScript, told, given.get()));
        let schema = skill.schema.as_ref().unwrap();
        assert_eq!(schema["required"], json!(["page", "input2"]), "{schema}");
        let (_, code, _) = exposed("sum_up.py", Language::Python, &[]).program(None).unwrap();
        assert_eq!(code, "# skills: shared\nfrom skills.sum_up import sumUp as skill\nskill(**input)\n");
    }

    #[test]
    fn arguments_are_refused_by_name() {
        let skill = exposed("sum-up.ts", Language::TypeScript, &[("page", "number", false)]);
        for (given, told) in [
            (json!({}), "\"page\" is missing"),
            (json!({"page": "1"}), "\"page\" does not fit"),
            (json!({"page": 1, "pgae": 1}), "no argument \"pgae\""),
            (json!([1]), "one JSON object"),
        ] {
            let error = skill.program(Some(&raw(&given))).unwrap_err();
            assert!(error.code == ErrorCode::InvalidArguments && error.message.contains(told), "{given}: {error}");
        }
    }
}
