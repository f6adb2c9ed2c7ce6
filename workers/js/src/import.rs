//! Modules: the prelude says where a path leads; files are stripped here and remembered for error reports.

use crate::host::Shared;
use crate::positions::place_of;
use crate::strip::{Problem, strip};
use rquickjs::loader::{ImportAttributes, Loader, Resolver};
use rquickjs::module::Declared;
use rquickjs::{Ctx, Exception, Function, Module, Result};
use std::rc::Rc;

/// Finds the module that an import path means.
pub(crate) struct Paths(pub(crate) Rc<Shared>);

/// Gives the text of a module.
pub(crate) struct Texts(pub(crate) Rc<Shared>);

impl Resolver for Paths {
    fn resolve<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        base: &str,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<String> {
        self.0.lib(ctx)?.get::<_, Function<'js>>("resolve")?.call((base, name))
    }
}

impl Loader for Texts {
    fn load<'js>(
        &mut self,
        ctx: &Ctx<'js>,
        name: &str,
        _: Option<ImportAttributes<'js>>,
    ) -> Result<Module<'js, Declared>> {
        let lib = self.0.lib(ctx)?;
        let made: Option<String> = lib.get::<_, Function<'js>>("moduleText")?.call((name,))?;
        let text = match made {
            Some(text) => text,
            None => file_text(ctx, &self.0, name)?,
        };
        Module::declare(ctx.clone(), name, text)
    }
}

fn file_text(ctx: &Ctx<'_>, shared: &Shared, name: &str) -> Result<String> {
    let bytes = shared.files.read(name).map_err(|error| Exception::throw_message(ctx, &error))?;
    let source = crate::files::lossy(bytes);
    if name.ends_with(".json") {
        return Ok(format!("export default {source};"));
    }
    let script =
        strip(&source, true, &[]).map_err(|problem| Exception::throw_syntax(ctx, &worded(name, &source, &problem)))?;
    shared.lib(ctx)?.get::<_, Function<'_>>("bindFree")?.call::<_, ()>((script.free,))?;
    shared.origins.borrow_mut().insert(name.to_owned(), script.origin);
    Ok(script.code)
}

fn worded(name: &str, source: &str, problem: &Problem) -> String {
    let Some(offset) = problem.offset else { return format!("{name}: {}", problem.message) };
    let place = place_of(source, offset);
    format!("{name}, line {}, column {}: {}", place.line, place.column, problem.message)
}
