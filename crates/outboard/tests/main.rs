//! The program as users meet it: commands in a sealed environment, protocol sessions, real servers and clients.

mod commands;
mod programs;
mod real;
mod serve;
mod support;
