//! The spawner as a program of its own, for hosts that do not want to start themselves again.

fn main() {
    outboard_sandbox::spawner_main()
}
