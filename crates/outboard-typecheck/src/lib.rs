//! What the type checkers of TypeScript and Python say of a program before it runs.
//!
//! A checker is a program of the operator's machine: TypeScript 7 (`tsc --lsp --stdio`) or `ty`. It is started once for a
//! code API, reads the declarations that [`view`] writes, and is asked through its language-server protocol. What it says
//! is text of a program that saw hostile input: bounded, parsed into few fields, and kept only where its kind is listed in
//! [`typescript`] or [`python`]. A checker that is slow, dies or is not there costs nothing but its findings.
//!
//! Never here: whether a program may run, how a checker is confined (whoever starts it brings that), settings.

mod checks;
mod diagnostic;
mod find;
mod frames;
mod python;
mod session;
mod typescript;
mod view;

pub use checks::{Launch, Mode, Options, Program, TypeChecks, Unavailable};
pub use diagnostic::{Kind, Said};
pub use find::{find, native};
