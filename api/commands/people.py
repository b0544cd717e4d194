"""Commands for the people who may sign in: `user add`, `list`, `password`, `role`, `disable`, `enable`."""

import secrets
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cases.people import People, Role
from pipeline.settings import load_settings
from pipeline.stores import open_people

app = typer.Typer(help="People who may sign in on the page.", no_args_is_help=True)

ConfigOption = Annotated[Path, typer.Option("--config", "-c", help="settings file (TOML)")]
DEFAULT_CONFIG = Path("settings.toml")


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="sign-in name")],
    role: Annotated[Role, typer.Option(help="viewer looks, operator judges and warns, admin changes cameras")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Add somebody; the password is asked for."""
    people = open_people(load_settings(config))
    people.create(name, typer.prompt("password", hide_input=True, confirmation_prompt=True), role)
    Console().print(f"{name} may sign in as {role.value}", highlight=False)


@app.command("list")
def list_people(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List who may sign in."""
    table = Table("name", "role", "may sign in", box=None)
    for person in open_people(load_settings(config)).everybody():
        table.add_row(person.name, person.role.value, "no" if person.disabled else "yes")
    Console().print(table)


@app.command("password")
def password(name: Annotated[str, typer.Argument(help="sign-in name")], config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Give somebody a new password; it is asked for."""
    people = open_people(load_settings(config))
    people.set_password(name, typer.prompt("new password", hide_input=True, confirmation_prompt=True))
    Console().print(f"{name} has a new password", highlight=False)


@app.command("role")
def role(
    name: Annotated[str, typer.Argument(help="sign-in name")],
    new: Annotated[Role, typer.Argument(help="viewer looks, operator judges and warns, admin changes cameras")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Give somebody another role; it holds from the next request on."""
    open_people(load_settings(config)).set_role(name, new)
    Console().print(f"{name} may sign in as {new.value}", highlight=False)


@app.command("disable")
def disable(name: Annotated[str, typer.Argument(help="sign-in name")], config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Keep somebody from signing in; what he did stays on record."""
    open_people(load_settings(config)).disable(name)
    Console().print(f"{name} can no longer sign in", highlight=False)


@app.command("enable")
def enable(name: Annotated[str, typer.Argument(help="sign-in name")], config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Let somebody sign in again."""
    open_people(load_settings(config)).disable(name, disabled=False)
    Console().print(f"{name} may sign in again", highlight=False)


def first_admin(people: People, console: Console) -> None:
    """Where nobody may sign in yet, add `admin` with a random password and show it once, on the console only."""
    if not people.is_empty():
        return
    generated = secrets.token_urlsafe(12)
    people.create("admin", generated, Role.ADMIN)
    console.print(
        f"first start: sign in as [bold]admin[/bold] with the password [bold]{generated}[/bold]; it is shown only now. "
        "Change it with: streetwarden user password admin"
    )
