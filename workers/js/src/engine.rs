//! The engine: runtime, context, prelude, and the calls into the prelude.

use crate::host::{self, Shared};
use crate::{import, prelude, socket};
use rquickjs::promise::PromiseState;
use rquickjs::{Context, Ctx, Error, Function, IntoJs, Module, Object, Persistent, Promise, Result, Runtime, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// Bytes between collections of cycles.
const GC_THRESHOLD: usize = 8 << 20;
/// How often the interrupt handler looks whether the host is still there.
const LOOKS: u32 = 64;

type Kept<T> = Persistent<T>;
type Rejections = Rc<RefCell<Vec<(Kept<Value<'static>>, Kept<Value<'static>>)>>>;

/// A built engine that waits for its program.
pub(crate) struct Engine {
    runtime: Runtime,
    context: Context,
    rejections: Rejections,
    main: Option<Kept<Promise<'static>>>,
    pub(crate) shared: Rc<Shared>,
}

/// How the program stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Running,
    Done,
    Failed,
}

impl Engine {
    /// Builds runtime, context and prelude.
    pub(crate) fn build(shared: Rc<Shared>, stack_bytes: usize) -> Result<Self> {
        let runtime = Runtime::new()?;
        runtime.set_max_stack_size(stack_bytes);
        runtime.set_gc_threshold(GC_THRESHOLD);
        runtime.set_interrupt_handler(Some(Box::new(watch_host())));
        runtime.set_loader(import::Paths(shared.clone()), import::Texts(shared.clone()));
        let rejections = Rejections::default();
        track_rejections(&runtime, rejections.clone());
        let context = Context::full(&runtime)?;
        context.with(|ctx| {
            let mut options = rquickjs::context::EvalOptions::default();
            options.filename = Some("outboard:prelude".into());
            let build: Function<'_> = ctx.eval_with_options(prelude::text(), options)?;
            let lib: Object<'_> = build.call((host::object(&ctx, &shared)?,))?;
            shared.lib.replace(Some(Persistent::save(&ctx, lib)));
            Ok::<_, Error>(())
        })?;
        Ok(Self { runtime, context, rejections, main: None, shared })
    }

    /// Caps the engine's heap.
    pub(crate) fn limit_memory(&self, bytes: u64) {
        self.runtime.set_memory_limit(usize::try_from(bytes).unwrap_or(usize::MAX));
    }

    /// Starts the program's module under a name; the error is a thrown value.
    pub(crate) fn start(
        &mut self,
        name: &str,
        text: &str,
        input: Option<&str>,
        free: Vec<String>,
        run_called: bool,
    ) -> Outcome {
        let shared = self.shared.clone();
        let started = self.context.with(|ctx| {
            let begin = || {
                let lib = shared.lib(&ctx)?;
                lib.get::<_, Function<'_>>("begin")?.call::<_, ()>((input, free, run_called))?;
                let promise = Module::evaluate(ctx.clone(), name, text)?;
                lib.get::<_, Function<'_>>("watch")?.call::<_, ()>((promise.clone(),))?;
                Ok(Persistent::save(&ctx, promise))
            };
            begin().map_err(|error| thrown(&ctx, &shared, error))
        });
        self.main = Some(started?);
        Ok(())
    }

    /// Calls a function of the prelude with arguments made in the context.
    pub(crate) fn call<'a, T>(
        &self,
        name: &str,
        arguments: impl for<'js> FnOnce(&Ctx<'js>) -> Result<Vec<Value<'js>>>,
    ) -> std::result::Result<T, String>
    where
        T: for<'js> rquickjs::FromJs<'js> + 'a,
    {
        self.context.with(|ctx| {
            let call = || {
                let mut list = rquickjs::function::Args::new_unsized(ctx.clone());
                for value in arguments(&ctx)? {
                    list.push_arg(value)?;
                }
                self.shared.lib(&ctx)?.get::<_, Function<'_>>(name)?.call_arg(list)
            };
            call().map_err(|error| thrown(&ctx, &self.shared, error))
        })
    }

    /// Gives back what nothing refers to any more.
    pub(crate) fn collect(&mut self) {
        self.main = None;
        self.runtime.run_gc();
    }

    /// Runs jobs until none is left.
    pub(crate) fn drain(&self) {
        // A job that throws past its promise was stopped by the interrupt handler: nothing to report to.
        while matches!(self.runtime.execute_pending_job(), Ok(true) | Err(_)) {}
    }

    /// How the program stands.
    pub(crate) fn standing(&self) -> Standing {
        self.with_main(|_, promise| match promise.state() {
            PromiseState::Pending => Standing::Running,
            PromiseState::Resolved => Standing::Done,
            PromiseState::Rejected => Standing::Failed,
        })
        .unwrap_or(Standing::Failed)
    }

    /// The description of what the program threw.
    pub(crate) fn failure(&self) -> String {
        let text = self.with_main(|ctx, promise| match promise.result::<Value<'_>>() {
            Some(Err(error)) => thrown(ctx, &self.shared, error),
            _ => String::new(),
        });
        text.unwrap_or_default()
    }

    /// The description of the first rejection that nothing handled.
    pub(crate) fn unhandled(&self) -> Option<String> {
        let reason = self.rejections.borrow().first().map(|(_, reason)| reason.clone())?;
        self.context.with(|ctx| Some(describe(&ctx, &self.shared, reason.restore(&ctx).ok()?)))
    }

    /// Whether the program has given a value.
    pub(crate) fn has_value(&self) -> bool {
        self.context.with(|ctx| {
            let value = self.shared.lib(&ctx).and_then(|lib| lib.get::<_, Value<'_>>("value"));
            value.is_ok_and(|value| !value.is_undefined())
        })
    }

    fn with_main<T>(&self, look: impl for<'js> FnOnce(&Ctx<'js>, Promise<'js>) -> T) -> Option<T> {
        let main = self.main.clone()?;
        self.context.with(|ctx| main.restore(&ctx).ok().map(|promise| look(&ctx, promise)))
    }
}

/// Done, or the description of what was thrown, as JSON text.
pub(crate) type Outcome = std::result::Result<(), String>;

/// Describes a failed call into the engine.
pub(crate) fn thrown(ctx: &Ctx<'_>, shared: &Shared, error: Error) -> String {
    match error {
        Error::Exception => describe(ctx, shared, ctx.catch()),
        other => serde_json::json!({ "message": other.to_string() }).to_string(),
    }
}

fn describe<'js>(ctx: &Ctx<'js>, shared: &Shared, value: Value<'js>) -> String {
    if value.is_null() {
        return r#"{"thrown":true,"null":true}"#.into();
    }
    let text = shared.lib(ctx).and_then(|lib| lib.get::<_, Function<'_>>("describe")?.call::<_, String>((value,)));
    text.unwrap_or_else(|_| {
        ctx.catch();
        r#"{"message":"The program threw something that cannot be described."}"#.into()
    })
}

fn watch_host() -> impl FnMut() -> bool {
    let mut count = 0;
    move || {
        count = (count + 1) % LOOKS;
        if count == 0 && socket::is_closed() {
            socket::leave();
        }
        false
    }
}

fn track_rejections(runtime: &Runtime, list: Rejections) {
    runtime.set_host_promise_rejection_tracker(Some(Box::new(move |ctx, promise, reason, handled| {
        let promise = Persistent::save(&ctx, promise);
        let mut list = list.borrow_mut();
        if handled {
            list.retain(|(known, _)| *known != promise);
        } else {
            list.push((promise, Persistent::save(&ctx, reason)));
        }
    })));
}

/// A number for the prelude.
pub(crate) fn number<'js>(ctx: &Ctx<'js>, value: u64) -> Result<Value<'js>> {
    let value = value as f64;
    value.into_js(ctx)
}
