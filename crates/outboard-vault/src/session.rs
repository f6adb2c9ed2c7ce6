//! One session's values: protect on the way to a model, restore on the way to a tool.

use crate::entry::{Entry, Private};
use crate::error::{RestoreError, VaultError};
use crate::flows::Checked;
use crate::protect::{Becomes, Found, Protected, Region, TokensHere, regions};
use crate::restore::{Restorer, code};
use crate::state::State;
use crate::store::{Candidate, Store};
use crate::token::{self, Kinds, LITERAL, Token};
use crate::vault::Options;
use outboard_types::Language;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The values and tokens of one session; made by [`Vault::session`](crate::Vault::session).
pub struct Session {
    name: String,
    store: Arc<Store>,
    options: Arc<Options>,
    kinds: Arc<Kinds>,
    state: RwLock<State>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("name", &self.name).field("values", &self.read().len()).finish_non_exhaustive()
    }
}

impl Session {
    pub(crate) fn new(name: &str, store: &Arc<Store>, options: &Arc<Options>, kinds: &Arc<Kinds>) -> Self {
        let state = RwLock::new(State::new(options.max_origins));
        let (store, options, kinds) = (Arc::clone(store), Arc::clone(options), Arc::clone(kinds));
        Self { name: name.to_owned(), store, options, kinds, state }
    }

    /// The session's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many values it holds.
    pub fn len(&self) -> usize {
        self.read().len()
    }

    /// Whether it holds no values.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn kinds(&self) -> &Kinds {
        &self.kinds
    }

    pub(crate) fn with_state<T>(&self, run: impl FnOnce(&State) -> T) -> T {
        run(&self.read())
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts tokens in place of the values that were found, and of all values of this session wherever they
    /// occur. `server` is where the text comes from, if it comes from one. The tokens are durable on return.
    pub fn protect(
        &self,
        text: &str,
        found: &[Found<'_>],
        here: TokensHere,
        server: Option<&str>,
    ) -> Result<Protected, VaultError> {
        self.sync()?;
        let regions = regions(text, found, here, &self.read(), &self.kinds);
        let entries = self.entries(&regions, server)?;
        let mut out = Protected { text: String::with_capacity(text.len()), tokens: Vec::new(), hidden: 0 };
        let mut at = 0;
        for (region, entry) in regions.iter().zip(entries) {
            out.text.push_str(&text[at..region.range.start]);
            at = region.range.end;
            put(&mut out, &text[region.range.clone()], region, entry);
        }
        out.text.push_str(&text[at..]);
        Ok(out)
    }

    /// The text with `[KIND]` in place of each value, if it holds any; the outer `None` where somebody changes the
    /// values this moment. Makes no tokens, so that it may be asked from anywhere.
    #[allow(clippy::option_option, reason = "nothing to hide, and no way to tell, are two things")]
    pub(crate) fn hidden(&self, text: &str) -> Option<Option<String>> {
        let state = self.state.try_read().ok()?;
        let regions = regions(text, &[], TokensHere::Own, &state, &self.kinds);
        let known = regions.iter().filter_map(|region| match &region.becomes {
            Becomes::Known { entry, .. } => Some((region.range.clone(), entry.kind.as_str())),
            _ => None,
        });
        let (mut out, mut at) = (String::new(), 0);
        for (range, kind) in known {
            out.push_str(&text[at..range.start]);
            out.push_str(&format!("[{kind}]"));
            at = range.end;
        }
        Some((at > 0).then(|| out + &text[at..]))
    }

    /// Gives the values that were found their tokens and notes where they came from, without making a text.
    pub fn observe(&self, text: &str, found: &[Found<'_>], server: Option<&str>) -> Result<(), VaultError> {
        self.sync()?;
        let mut regions = regions(text, found, TokensHere::Foreign, &self.read(), &self.kinds);
        regions.retain(|region| !matches!(&region.becomes, Becomes::Value { kind, .. } if kind == LITERAL));
        self.entries(&regions, server).map(drop)
    }

    /// Gives values their tokens at once, in one transaction: what is protected next knows them all. Each is the
    /// text, the label of its kind, and its normal form.
    pub fn learn(&self, values: &[(&str, &str, Cow<'_, str>)], server: Option<&str>) -> Result<(), VaultError> {
        self.sync()?;
        let region = |(text, kind, normal): &(&str, &str, Cow<'_, str>)| Region {
            range: 0..text.len(),
            becomes: Becomes::Value {
                kind: self.kinds.declared(kind).to_owned(),
                value: (*text).to_owned(),
                normal: normal.clone().into_owned(),
            },
        };
        let regions: Vec<Region> = values.iter().filter(|(text, ..)| !text.is_empty()).map(region).collect();
        self.entries(&regions, server).map(drop)
    }

    /// Remembers values that are private for as long as this process works with the session: they get tokens when they
    /// are about to be shown. Each is the text, the label of its kind, and its normal form.
    pub fn expect(&self, values: &[(&str, &str, Cow<'_, str>)]) {
        if values.is_empty() {
            return;
        }
        let mut state = self.write();
        for (text, kind, normal) in values {
            let tag = self.store.sealer.tag(&self.name, "", text);
            if state.by_value(&tag).is_none() {
                state.expected.add(tag, self.kinds.declared(kind), text, normal);
            }
        }
    }

    /// Protects every string, key and number of a JSON value. `find` is given the JSON pointer and the text of
    /// each. A number that holds a value becomes a string.
    pub fn protect_value<'f>(
        &self,
        value: &mut Value,
        here: TokensHere,
        server: Option<&str>,
        find: &mut dyn FnMut(&str, &str) -> Vec<Found<'f>>,
    ) -> Result<(), VaultError> {
        self.protect_noting(value, here, server, find, &mut |_, _| {})
    }

    /// The same, and tells `note` the JSON pointer of each text that changed and the tokens that are in it now.
    pub fn protect_noting<'f>(
        &self,
        value: &mut Value,
        here: TokensHere,
        server: Option<&str>,
        find: &mut dyn FnMut(&str, &str) -> Vec<Found<'f>>,
        note: &mut dyn FnMut(&str, &[Token]),
    ) -> Result<(), VaultError> {
        self.protect_at(&mut String::new(), value, &mut |pointer, text| {
            let protected = self.protect(text, &find(pointer, text), here, server)?;
            let changed = protected.text != text;
            if changed {
                note(pointer, &protected.tokens);
            }
            Ok(changed.then_some(protected.text))
        })
    }

    fn protect_at(&self, pointer: &mut String, value: &mut Value, replace: &mut Replace<'_>) -> Result<(), VaultError> {
        match value {
            Value::String(text) => *text = replace(pointer, text)?.unwrap_or_else(|| std::mem::take(text)),
            Value::Number(number) => {
                if let Some(text) = replace(pointer, &number.to_string())? {
                    *value = Value::String(text);
                }
            }
            Value::Array(items) => {
                for (at, item) in items.iter_mut().enumerate() {
                    within(pointer, &at.to_string(), |pointer| self.protect_at(pointer, item, replace))?;
                }
            }
            Value::Object(map) => {
                let mut out = Map::with_capacity(map.len());
                for (key, mut item) in std::mem::take(map) {
                    within(pointer, &key, |pointer| {
                        self.protect_at(pointer, &mut item, replace)?;
                        let name = replace(pointer, &key)?.unwrap_or_else(|| key.clone());
                        out.insert(free_name(&out, name), item);
                        Ok(())
                    })?;
                }
                *map = out;
            }
            Value::Null | Value::Bool(_) => {}
        }
        Ok(())
    }

    /// Puts the values back into a text. Text that is JSON stays JSON, whatever the values hold.
    pub fn restore(&self, text: &str) -> Result<String, RestoreError> {
        if token::next_mark(text, 0, &self.kinds).is_none() {
            return Ok(text.to_owned());
        }
        self.sync()?;
        let state = self.read();
        Ok(Restorer { state: &state, kinds: &self.kinds }.text(text)?.into_owned())
    }

    /// Puts the values back into all strings and keys of a JSON value. On an error the value is not to be used.
    pub fn restore_value(&self, value: &mut Value) -> Result<(), RestoreError> {
        self.sync()?;
        let state = self.read();
        Ok(Restorer { state: &state, kinds: &self.kinds }.value(value)?)
    }

    /// Puts the values back into the string literals of a program, escaped so that they stay within them.
    /// What has the form of a token outside of literals is code, and is left alone.
    pub fn restore_code(&self, program: &str, language: Language) -> Result<String, RestoreError> {
        if token::next_mark(program, 0, &self.kinds).is_none() {
            return Ok(program.to_owned());
        }
        self.sync()?;
        let state = self.read();
        code::restored(&Restorer { state: &state, kinds: &self.kinds }, program, language)
    }

    /// Finds this session's values in arguments that are to go to a server which has not sent them itself.
    pub fn flows(&self, to: &str, arguments: &Value) -> Result<Checked, VaultError> {
        self.sync()?;
        self.write().origins.prepare();
        Ok(self.read().origins.check(to, arguments))
    }

    /// How many values are watched for flows, and how many no longer are.
    pub fn origins(&self) -> crate::OriginsSize {
        self.read().origins.size()
    }

    /// Removes a value in any of its spellings, with its token; the number is not used again.
    pub fn forget_value(&self, value: &str) -> Result<usize, VaultError> {
        self.sync()?;
        let tags: BTreeSet<_> = {
            let state = self.read();
            let hits = state.known.search(value.as_bytes()).into_iter().filter(|hit| hit.range == (0..value.len()));
            let by_hit = hits.map(|hit| state.owner(hit.owner).0.tag);
            let by_value = state.by_value(&self.store.sealer.tag(&self.name, "", value)).map(|entry| entry.tag);
            by_hit.chain(by_value).collect()
        };
        let removed = tags.iter().map(|tag| self.store.forget_tag(&self.name, tag)).sum::<Result<usize, _>>()?;
        self.write().version = None;
        self.sync()?;
        Ok(removed)
    }

    /// Lets go of what is in memory; the next use loads what is in the file.
    pub(crate) fn reload(&self) {
        *self.write() = State::new(self.options.max_origins);
    }

    /// Takes over what other processes have added or removed.
    pub(crate) fn sync(&self) -> Result<(), VaultError> {
        let version = self.store.version()?;
        if self.read().version == Some(version) {
            return Ok(());
        }
        let mut state = self.write();
        let loaded = self.store.load(&self.name, state.epoch, state.seq)?;
        if loaded.epoch != state.epoch {
            *state = State::new(self.options.max_origins);
        }
        state.take(&self.name, &self.store.sealer, loaded);
        state.version = Some(version);
        Ok(())
    }

    /// The entry of each region; new ones are saved, in one transaction. `None` where there is no place left.
    fn entries(&self, regions: &[Region], server: Option<&str>) -> Result<Vec<Option<Arc<Entry>>>, VaultError> {
        let mut entries = vec![None; regions.len()];
        let mut waiting: Vec<usize> = Vec::new();
        let mut candidates = Vec::new();
        // Two tasks that met the same new value wait for each other here, and the second finds it known.
        let mut state = if regions.is_empty() { return Ok(entries) } else { self.write() };
        for (at, region) in regions.iter().enumerate() {
            match self.known_or_new(&state, region, server) {
                Settled::Known(entry) => entries[at] = Some(entry),
                Settled::New(candidate) if state.len() + candidates.len() < self.options.max_values => {
                    waiting.push(at);
                    candidates.push(candidate);
                }
                Settled::Newer(candidate) => {
                    waiting.push(at);
                    candidates.push(candidate);
                }
                Settled::New(_) | Settled::None => {}
            }
        }
        if candidates.is_empty() {
            return Ok(entries);
        }
        for (at, entry) in waiting.into_iter().zip(self.store.save(&self.name, candidates)?) {
            let entry = Arc::new(entry);
            state.add(&self.name, &self.store.sealer, Arc::clone(&entry));
            entries[at] = Some(entry);
        }
        Ok(entries)
    }

    fn known_or_new(&self, state: &State, region: &Region, server: Option<&str>) -> Settled {
        let sealer = &self.store.sealer;
        let (kind, value, normal) = match &region.becomes {
            Becomes::Stays => return Settled::None,
            Becomes::Known { entry, .. } => return seen_at(entry, server),
            Becomes::Value { .. } if !region.fits() => return Settled::None,
            Becomes::Value { kind, value, normal } => (kind, value, normal),
        };
        let tag = sealer.tag(&self.name, kind, normal);
        let by_value = || state.by_value(&sealer.tag(&self.name, "", value)).filter(|_| kind != LITERAL);
        if let Some(entry) = state.by_tag(&tag).or_else(by_value) {
            return seen_at(entry, server.filter(|_| kind != LITERAL));
        }
        let servers = server.filter(|_| kind != LITERAL).map(str::to_owned).into_iter().collect();
        let view = self.options.views.get(kind).copied().unwrap_or_default();
        let private = Private { value: value.clone(), normal: normal.clone(), view, servers };
        Settled::New(Candidate { kind: kind.clone(), tag, private })
    }
}

/// What stands for a text at a JSON pointer, if it is another text.
type Replace<'a> = dyn FnMut(&str, &str) -> Result<Option<String>, VaultError> + 'a;

enum Settled {
    Known(Arc<Entry>),
    New(Candidate),
    /// It is known, and was now seen at another server.
    Newer(Candidate),
    None,
}

fn seen_at(entry: &Arc<Entry>, server: Option<&str>) -> Settled {
    match server {
        Some(server) if !entry.private.servers.contains(server) => {
            let mut private = entry.private.clone();
            private.servers.insert(server.to_owned());
            Settled::Newer(Candidate { kind: entry.kind.clone(), tag: entry.tag, private })
        }
        _ => Settled::Known(Arc::clone(entry)),
    }
}

fn put(out: &mut Protected, text: &str, region: &Region, entry: Option<Arc<Entry>>) {
    match (&region.becomes, entry) {
        (Becomes::Stays, _) => out.text.push_str(text),
        (becomes, Some(entry)) => {
            out.tokens.push(entry.token());
            entry.show(&mut out.text, matches!(becomes, Becomes::Known { encoded: true, .. }));
        }
        (Becomes::Value { kind, .. }, None) => hide(out, kind),
        (Becomes::Known { entry, .. }, None) => hide(out, &entry.kind),
    }
}

fn hide(out: &mut Protected, kind: &str) {
    out.hidden += 1;
    out.text.extend(["[", kind, "]"]);
}

/// Runs something with a pointer that is one segment longer.
fn within<T>(pointer: &mut String, segment: &str, run: impl FnOnce(&mut String) -> T) -> T {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&segment.replace('~', "~0").replace('/', "~1"));
    let result = run(pointer);
    pointer.truncate(length);
    result
}

/// The name, or the name with a number where two keys became one.
fn free_name(map: &Map<String, Value>, name: String) -> String {
    if !map.contains_key(&name) {
        return name;
    }
    let mut names = (2_usize..).map(|number| format!("{name} ({number})"));
    names.find(|name| !map.contains_key(name)).unwrap_or(name)
}
