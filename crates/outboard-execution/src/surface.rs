//! What agents' code sees at one moment: catalogue, code API, index. Built whole, then swapped in.

use crate::indexing::Indexed;
use crate::modules::Modules;
use crate::personal::Personal;
use crate::skills::Finder;
use crate::{Learned, SearchHit, SearchRequest, Shelf};
use outboard_catalog::{Catalogue, Listing, Server, Tool};
use outboard_codegen::MaterialiseError;
use outboard_search::{Index, Usage};
use outboard_types::{ErrorCode, Principal, ServerName, ToolError, ToolId};
use std::collections::HashMap;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

/// One immutable, numbered generation. A run keeps the one that it started with.
pub struct Surface {
    /// What the upstreams declare.
    pub catalogue: Arc<Catalogue>,
    modules: Modules,
    indexed: Indexed,
    /// How tools fared up to now; a listing does not change within a Surface.
    usage: HashMap<ToolId, Usage>,
    /// Document number to (server, tool) positions in the catalogue.
    entries: Vec<(usize, usize)>,
    skills: Option<Finder>,
}

/// A Surface that could not be built.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SurfaceError {
    /// The code API could not be written.
    #[error("the generated modules could not be written: {0}")]
    Write(Arc<MaterialiseError>),
    /// The thread that builds was lost.
    #[error("building the code API failed unexpectedly")]
    Lost,
}

impl From<&SurfaceError> for ToolError {
    fn from(error: &SurfaceError) -> Self {
        ToolError::new(ErrorCode::Internal, error.to_string()).hint("check that state_dir is writable and not full")
    }
}

impl Surface {
    /// Builds generation `generation` from what listings hold that may be seen; begins to write the code API below
    /// `root` unless it is there. What `before` has indexed of servers that did not change is taken over.
    fn build(
        generation: u64,
        listings: Vec<Listing>,
        root: &Path,
        seen: &Visible,
        learned: Option<&Told>,
        before: Option<&Surface>,
    ) -> Self {
        let listings = listings.into_iter().filter(|listing| seen.server(&listing.server)).collect();
        let catalogue = Catalogue::build_of(generation, listings, &|tool| seen.tool(tool));
        let catalogue = Arc::new(match learned {
            Some(told) => {
                told.learned.publish();
                catalogue.learned(&|tool| told.learned.of(&told.to, tool))
            }
            None => catalogue,
        });
        let modules = Modules::write(catalogue.clone(), root.to_owned(), before.map(|before| before.modules.clone()));
        let positions = |(at, server): (usize, &Arc<Server>)| (0..server.tools.len()).map(move |tool| (at, tool));
        let entries: Vec<_> = catalogue.servers.iter().enumerate().flat_map(positions).collect();
        let indexed = Indexed::of(&catalogue, before.map(|before| &before.indexed));
        let usage = learned.map(|told| told.learned.uses()).unwrap_or_default();
        Self { catalogue, modules, indexed, usage, entries, skills: None }
    }

    /// The materialised code API: `/servers` in the jail.
    pub async fn folder(&self) -> Result<PathBuf, SurfaceError> {
        self.modules.folder().await
    }

    pub(crate) fn index(&self) -> &Index {
        &self.indexed.index
    }

    /// How the tool behind a document of the index fared.
    pub(crate) fn usage(&self, document: usize) -> Usage {
        self.usage.get(&self.entry(document).1.id).copied().unwrap_or_default()
    }

    /// The hits with skills among them.
    pub(crate) fn with_skills(&self, hits: Vec<SearchHit>, request: &SearchRequest) -> Vec<SearchHit> {
        match &self.skills {
            Some(skills) => skills.among(hits, &self.indexed, request),
            None => hits,
        }
    }

    /// Whether a name means the skills: no server has it.
    pub(crate) fn is_of_skills(&self, name: &str) -> bool {
        self.skills.is_some() && name.eq_ignore_ascii_case("skills") && self.catalogue.server(name).is_none()
    }

    /// The server and tool behind a document of the index.
    pub(crate) fn entry(&self, document: usize) -> (&Server, &Tool) {
        let (server, tool) = self.entries[document];
        let server = &self.catalogue.servers[server];
        (server, &server.tools[tool])
    }
}

/// What agents may see: what policy would let them use in some way.
pub trait Sight: Send + Sync {
    /// Whether they hear of a server at all.
    fn server(&self, server: &ServerName) -> bool;

    /// Whether they see a tool.
    fn tool(&self, tool: &Tool) -> bool;
}

/// Sees everything.
pub struct Whole;

impl Sight for Whole {
    fn server(&self, _server: &ServerName) -> bool {
        true
    }

    fn tool(&self, _tool: &Tool) -> bool {
        true
    }
}

/// What somebody may see.
pub type Visible = Arc<dyn Sight>;

/// What was learned, and whom a Surface tells it.
#[derive(Clone)]
pub struct Told {
    /// The types of results.
    pub learned: Arc<Learned>,
    /// For whom the Surface is.
    pub to: Principal,
}

/// Where listings come from; the composition root provides it.
pub trait SurfaceSource: Send + Sync {
    /// The listings of all servers that have one by now. May wait a little for servers that were never
    /// listed before, but not for broken ones.
    fn listings(&self) -> Pin<Box<dyn Future<Output = Vec<Listing>> + Send + '_>>;
}

/// Holds the current Surface; builds one when first asked and after [`Surfaces::invalidate`].
pub struct Surfaces {
    source: Arc<dyn SurfaceSource>,
    root: PathBuf,
    seen: Visible,
    personal: OnceLock<Personal>,
    learned: OnceLock<Told>,
    skills: OnceLock<Arc<Shelf>>,
    current: RwLock<Option<Arc<Surface>>>,
    stale: AtomicBool,
    generations: AtomicU64,
    building: tokio::sync::Mutex<()>,
}

impl Surfaces {
    /// Builds nothing yet.
    pub fn new(source: Box<dyn SurfaceSource>, root: PathBuf, seen: Visible) -> Arc<Self> {
        let (current, building) = (RwLock::default(), tokio::sync::Mutex::default());
        let (learned, skills) = (OnceLock::new(), OnceLock::new());
        Arc::new(Self {
            source: source.into(),
            root,
            seen,
            personal: OnceLock::new(),
            learned,
            skills,
            current,
            stale: true.into(),
            generations: 0.into(),
            building,
        })
    }

    /// Tells programs the types that are learned here, from the next Surface on.
    pub fn tell(&self, told: Told) {
        let _ = self.learned.set(told);
    }

    /// Lets searches find skills too, from the next Surface on.
    pub fn tell_skills(&self, shelf: Arc<Shelf>) {
        let _ = self.skills.set(shelf);
    }

    /// Says that a listing changed: the next caller gets a new generation, runs under way keep theirs.
    pub fn invalidate(&self) {
        self.stale.store(true, Ordering::Release);
        self.personal.get().iter().for_each(|personal| personal.invalidate());
    }

    /// The current Surface. Many callers wait for one build.
    pub async fn current(&self) -> Result<Arc<Surface>, SurfaceError> {
        if let Some(surface) = self.fresh() {
            return Ok(surface);
        }
        let _one_builder = self.building.lock().await;
        match self.fresh() {
            Some(surface) => Ok(surface),
            None => self.build().await,
        }
    }

    /// Gives each principal a Surface with what it may see; without this all see the same.
    pub fn tell_principals(&self, personal: Personal) {
        let _ = self.personal.set(personal);
    }

    /// The current Surface of this principal.
    pub async fn of(&self, principal: &Principal) -> Result<Arc<Surface>, SurfaceError> {
        match self.personal.get().and_then(|personal| personal.of(self, principal)) {
            Some(surfaces) => surfaces.current().await,
            None => self.current().await,
        }
    }

    /// The same listings through the eyes of somebody else.
    pub(crate) fn seen_by(&self, seen: Visible, to: &Principal) -> Arc<Self> {
        let learned = self.learned.get().map(|told| Told { to: to.clone(), ..told.clone() });
        let others = Self {
            source: self.source.clone(),
            root: self.root.clone(),
            seen,
            personal: OnceLock::new(),
            learned: learned.map(OnceLock::from).unwrap_or_default(),
            skills: self.skills.clone(),
            current: RwLock::default(),
            stale: true.into(),
            generations: 0.into(),
            building: tokio::sync::Mutex::default(),
        };
        Arc::new(others)
    }

    fn fresh(&self) -> Option<Arc<Surface>> {
        if self.stale.load(Ordering::Acquire) {
            return None;
        }
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn build(&self) -> Result<Arc<Surface>, SurfaceError> {
        // Cleared before listing: a change that comes while we build makes the next caller build again.
        self.stale.store(false, Ordering::Release);
        let listings = self.source.listings().await;
        let (root, seen, learned) = (self.root.clone(), self.seen.clone(), self.learned.get().cloned());
        let generation = self.generations.fetch_add(1, Ordering::Relaxed) + 1;
        let before = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        let work = move || Surface::build(generation, listings, &root, &seen, learned.as_ref(), before.as_deref());
        let built = tokio::task::spawn_blocking(work).await;
        let surface = built.map_err(|_| SurfaceError::Lost).inspect_err(|_| self.invalidate());
        let skills = self.skills.get().cloned().map(Finder::new);
        let surface = Arc::new(Surface { skills, ..surface? });
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(surface.clone());
        Ok(surface)
    }
}
