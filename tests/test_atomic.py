"""Files appear whole or not at all, wherever they are written from."""

import os

import pytest

import schemetools as st
from schemetools import atomic
from schemetools.cli.output import replacing as command_output
from schemetools.nn.training.checkpoints import load_checkpoint, save_checkpoint


def by_scheme(path):
    st.save(st.rk4, path)


def by_checkpoint(path):
    save_checkpoint(path, {"step": 1})


def by_command(path):
    with command_output(path) as temporary:
        temporary.write_text("picture")


WRITERS = [by_scheme, by_checkpoint, by_command]


@pytest.fixture
def calls(monkeypatch):
    """What reaches the disk, in order: ("content" | "folder", size) and ("rename", 0)."""
    seen = []
    fsync, replace = os.fsync, os.replace

    def watched_fsync(descriptor):
        status = os.fstat(descriptor)
        seen.append("folder" if os.path.stat.S_ISDIR(status.st_mode) else f"content {status.st_size > 0}")
        fsync(descriptor)

    def watched_replace(old, new):
        seen.append("rename")
        replace(old, new)

    monkeypatch.setattr(os, "fsync", watched_fsync)
    monkeypatch.setattr(os, "replace", watched_replace)
    return seen


@pytest.mark.parametrize("write", WRITERS)
def test_content_then_name_then_folder(write, tmp_path, calls):
    write(tmp_path / "it.toml")
    assert calls == ["content True", "rename", "folder"]
    assert [path.name for path in tmp_path.iterdir()] == ["it.toml"]


@pytest.mark.parametrize("write", WRITERS)
def test_the_permissions_of_the_file_replaced_are_kept(write, tmp_path):
    path = tmp_path / "it.toml"
    write(path)
    assert path.stat().st_mode & 0o777 == 0o644
    path.chmod(0o600)
    write(path)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("write", WRITERS)
def test_a_link_is_followed(write, tmp_path):
    target, link = tmp_path / "real.toml", tmp_path / "link.toml"
    target.write_text("old")
    link.symlink_to(target)
    write(link)
    assert link.is_symlink() and target.read_bytes() != b"old"


def test_what_fails_leaves_the_earlier_file(tmp_path):
    path = tmp_path / "it.txt"
    path.write_text("earlier")

    def fail():
        with atomic.replacing(path) as temporary:
            assert temporary.suffix == ".txt"
            temporary.write_text("half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_text() == "earlier"
    assert [found.name for found in tmp_path.iterdir()] == ["it.txt"]


@pytest.mark.parametrize("write", WRITERS)
def test_where_nothing_can_be_written_is_said_in_one_sentence(write, tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(st.SchemeError, match=r"cannot|no folder"):
        write(tmp_path / "file" / "it.toml")


def test_a_checkpoint_reads_back(tmp_path):
    by_checkpoint(tmp_path / "it")
    assert load_checkpoint(tmp_path / "it")["step"] == 1
