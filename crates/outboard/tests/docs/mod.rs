//! What the pages show is true: commands are understood and run, settings load, snippets are what clients read.

mod clients;
mod pages;
mod run;
mod understood;
