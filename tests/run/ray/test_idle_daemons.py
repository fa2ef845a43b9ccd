from pathlib import Path

from harness.run.ray.idle_daemons import without_agents


def test_a_raylet_starts_a_stand_in_for_each_agent_and_keeps_all_other_words(
    tmp_path: Path,
) -> None:
    given = [
        "raylet",
        "--node_id=7f",
        f"--session_dir={tmp_path}",
        "--dashboard_agent_command=python agent.py --a=b",
        "--runtime_env_agent_command=python main.py --a=b",
        "--head",
    ]
    stand_in = 'sh -c "exec cat" stand-in'
    assert without_agents(given) == [
        *given[:3],
        f"--dashboard_agent_command={stand_in}",
        f"--runtime_env_agent_command={stand_in}",
        "--head",
    ]


def test_the_dashboards_agent_is_started_where_somebody_looks_at_the_dashboard(
    tmp_path: Path,
) -> None:
    given = [
        "raylet",
        "--node_id=7f",
        f"--session_dir={tmp_path}",
        "--dashboard_agent_command=python agent.py --a=b",
        "--runtime_env_agent_command=python main.py --a=b",
    ]
    command = without_agents(given, ["--runtime_env_agent_command"])
    assert command[:4] == given[:4]
    assert command[4] != given[4]
    assert [path.name for path in tmp_path.iterdir()] == ["runtime_env_agent_port_7f"]


def test_the_ports_that_a_raylet_waits_for_are_written_before_it_starts(tmp_path: Path) -> None:
    without_agents(["raylet", "--node_id=7f", f"--session_dir={tmp_path}"])
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "metrics_agent_port_7f": "-1",
        "metrics_export_port_7f": "-1",
        "dashboard_agent_listen_port_7f": "-1",
        "runtime_env_agent_port_7f": "-1",
    }
