//! What is certainly reached: statements in the order in which they run, and functions that are certainly called.

use oxc::semantic::SymbolId;
use std::collections::HashMap;

/// A function's body, or the program's own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Body {
    pub(super) is_async: bool,
    /// Whether calling it runs it, which is not so for generators.
    pub(super) runs: bool,
    pub(super) certain: bool,
}

/// Where reading stands within one body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    pub(super) body: usize,
    /// Not under a condition, and nothing catches what fails.
    pub(super) sure: bool,
    /// A `return` may have been taken before.
    pub(super) gone: bool,
    /// A `break` or `continue` may have been taken before.
    pub(super) skipped: bool,
    /// Whether the value of the expression is awaited where it stands.
    pub(super) awaited: bool,
}

/// A place whose certainty is decided in the end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Here {
    body: usize,
    reached: bool,
}

impl Standing {
    pub(super) fn here(&self) -> Here {
        Here { body: self.body, reached: self.sure && !self.gone && !self.skipped }
    }
}

impl Here {
    pub(super) fn and(self, sure: bool) -> Self {
        Self { reached: self.reached && sure, ..self }
    }
}

/// All bodies and the calls between them.
#[derive(Debug)]
pub(super) struct Reach {
    bodies: Vec<Body>,
    functions: HashMap<SymbolId, usize>,
    by_name: Vec<(SymbolId, Here, bool)>,
    direct: Vec<(usize, Here, bool)>,
}

impl Reach {
    pub(super) fn new() -> Self {
        let program = Body { is_async: true, runs: true, certain: true };
        Self { bodies: vec![program], functions: HashMap::new(), by_name: Vec::new(), direct: Vec::new() }
    }

    pub(super) fn add(&mut self, body: Body) -> usize {
        self.bodies.push(body);
        self.bodies.len() - 1
    }

    pub(super) fn name(&mut self, symbol: SymbolId, body: usize) {
        self.functions.insert(symbol, body);
    }

    pub(super) fn calls(&mut self, symbol: SymbolId, from: Here, awaited: bool) {
        self.by_name.push((symbol, from, awaited));
    }

    /// A function that is called where it stands, such as a callback of `map`.
    pub(super) fn runs(&mut self, body: usize, from: Here, awaited: bool) {
        self.direct.push((body, from, awaited));
    }

    pub(super) fn is_called(&self, symbol: SymbolId) -> bool {
        self.by_name.iter().any(|(called, _, _)| *called == symbol)
    }

    pub(super) fn is_certain(&self, here: Here) -> bool {
        here.reached && self.bodies[here.body].certain
    }

    /// The host runs this function.
    pub(super) fn entered(&mut self, symbol: SymbolId) {
        if let Some(body) = self.functions.get(&symbol) {
            self.bodies[*body].certain = self.bodies[*body].runs;
        }
    }

    /// Follows the calls until nothing more becomes certain.
    pub(super) fn follow(&mut self) {
        let named = self
            .by_name
            .iter()
            .filter_map(|(symbol, from, awaited)| self.functions.get(symbol).map(|body| (*body, *from, *awaited)));
        let calls: Vec<_> = named.chain(self.direct.iter().copied()).collect();
        let mut changed = true;
        while std::mem::take(&mut changed) {
            for &(body, from, awaited) in &calls {
                let callee = self.bodies[body];
                if !callee.certain && callee.runs && self.is_certain(from) && (awaited || !callee.is_async) {
                    self.bodies[body].certain = true;
                    changed = true;
                }
            }
        }
    }
}
