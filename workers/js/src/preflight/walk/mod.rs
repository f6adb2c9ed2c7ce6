//! Reads a program statement by statement, in the order in which it would run.

mod calls;
mod closed;
mod endless;
mod names;
mod results;
mod visit;

use super::meaning::Meaning;
use super::reach::{Here, Reach, Standing};
use super::surface::Surface;
use super::values::Constants;
use super::{Add as _, Found, MOST};
use outboard_worker_protocol::PlannedCall;
use oxc::ast::ast::{Declaration, Program, Statement};
use oxc::ast_visit::Visit as _;
use oxc::semantic::{Scoping, SymbolId};
use std::collections::{HashMap, HashSet};

/// A finding whose certainty is decided in the end.
struct Doubt {
    kind: &'static str,
    offset: u32,
    message: String,
    tool: Option<(usize, usize)>,
    here: Here,
}

/// A name that holds a call that was not awaited.
struct Promised {
    tool: (usize, usize),
    uses: Vec<(u32, String, Here)>,
}

pub(super) struct Walk<'s> {
    source: &'s str,
    scoping: &'s Scoping,
    surface: &'s Surface<'s>,
    at: Standing,
    reach: Reach,
    meant: HashMap<SymbolId, Meaning>,
    constants: Constants,
    promised: HashMap<SymbolId, Promised>,
    /// Names that are used otherwise than by reading a part of them.
    bare: HashSet<SymbolId>,
    doubts: Vec<Doubt>,
    calls: Vec<(PlannedCall, Here)>,
    names: Vec<(String, u32, Here)>,
    /// Where names end of members that are called on values of a known type.
    members: Vec<(u32, Here)>,
    /// Constants that hold such values.
    closed: HashSet<SymbolId>,
    /// Whether the program gives one of them another member.
    changed: bool,
    /// Names that are tested for, or assigned.
    excused: HashSet<String>,
    tricks: bool,
    found: Found,
    entry: Option<SymbolId>,
    default_body: Option<usize>,
}

impl<'s> Walk<'s> {
    pub(super) fn new(source: &'s str, scoping: &'s Scoping, surface: &'s Surface<'s>) -> Self {
        let at = Standing { body: 0, sure: true, gone: false, skipped: false, awaited: false };
        Self {
            source,
            scoping,
            surface,
            at,
            reach: Reach::new(),
            meant: HashMap::new(),
            constants: Constants::new(),
            promised: HashMap::new(),
            bare: HashSet::new(),
            doubts: Vec::new(),
            calls: Vec::new(),
            names: Vec::new(),
            members: Vec::new(),
            closed: HashSet::new(),
            changed: false,
            excused: HashSet::new(),
            tricks: false,
            found: Found::default(),
            entry: None,
            default_body: None,
        }
    }

    /// Reads the whole program.
    pub(super) fn read(&mut self, program: &Program<'_>) {
        for statement in &program.body {
            if let Statement::ImportDeclaration(import) = statement {
                self.import(import);
            }
        }
        self.visit_program(program);
        let only_declares = program.body.iter().all(|one| {
            one.is_declaration() || one.is_module_declaration() || matches!(one, Statement::EmptyStatement(_))
        });
        self.entry = program.body.iter().find_map(|statement| match statement {
            Statement::ExportDeclaration(export) => run_of(&export.declaration),
            statement => statement.as_declaration().filter(|_| only_declares).and_then(run_of),
        });
    }

    /// Decides what is certain.
    pub(super) fn finish(mut self) -> Found {
        if !self.at.gone {
            if let Some(body) = self.default_body {
                let here = self.at.here();
                self.reach.runs(body, here, true);
            } else if let Some(run) = self.entry.filter(|run| !self.reach.is_called(*run)) {
                self.reach.entered(run);
            }
        }
        self.reach.follow();
        for (symbol, held) in std::mem::take(&mut self.promised) {
            if !self.bare.contains(&symbol) {
                held.uses.into_iter().for_each(|(at, what, here)| self.not_awaited(at, &what, held.tool, here));
            }
        }
        let mut found = std::mem::take(&mut self.found);
        for doubt in std::mem::take(&mut self.doubts) {
            let certain = self.reach.is_certain(doubt.here);
            let before = found.preflight.problems.len();
            found.preflight.add(self.source, doubt.kind, doubt.offset, doubt.message, certain);
            if let (Some((server, tool)), Some(problem)) = (doubt.tool, found.preflight.problems.get_mut(before)) {
                (problem.server, problem.tool) = self.names_of(server, tool);
            }
        }
        for (call, here) in std::mem::take(&mut self.calls) {
            found.preflight.plan(PlannedCall { certain: self.reach.is_certain(here), ..call });
        }
        found.preflight.sure = self.certain_members();
        if !self.tricks {
            self.ask_for_names(&mut found);
        }
        found
    }

    fn ask_for_names(&self, found: &mut Found) {
        let mut asked: HashMap<&str, usize> = HashMap::new();
        for (name, offset, here) in &self.names {
            let certain = self.reach.is_certain(*here);
            if self.excused.contains(name) {
                continue;
            }
            match asked.get(name.as_str()) {
                None => {
                    asked.insert(name, found.questions.names.len());
                    found.questions.names.push(name.clone());
                    found.questions.name_places.push((*offset, certain));
                }
                Some(&at) if certain && !found.questions.name_places[at].1 => {
                    found.questions.name_places[at] = (*offset, true);
                }
                Some(_) => {}
            }
        }
    }

    fn names_of(&self, server: usize, tool: usize) -> (String, String) {
        (self.surface.servers[server].server.clone(), self.surface.entry(server, tool).tool.clone())
    }

    fn label(&self, (server, tool): (usize, usize)) -> String {
        format!("{}.{}", self.surface.servers[server].namespace, self.surface.entry(server, tool).ts)
    }

    fn doubt(&mut self, kind: &'static str, offset: u32, message: String, tool: Option<(usize, usize)>, here: Here) {
        if self.doubts.len() < MOST {
            self.doubts.push(Doubt { kind, offset, message, tool, here });
        }
    }
}

/// The symbol of a declared function `run`.
fn run_of(declaration: &Declaration<'_>) -> Option<SymbolId> {
    let id = match declaration {
        Declaration::FunctionDeclaration(function) => function.id.as_ref(),
        Declaration::VariableDeclaration(variables) => {
            variables.declarations.iter().find_map(|one| one.id.get_binding_identifier().filter(|id| id.name == "run"))
        }
        _ => None,
    };
    id.filter(|id| id.name == "run").and_then(|id| id.symbol_id.get())
}
