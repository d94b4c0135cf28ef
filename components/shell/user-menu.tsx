'use client';
import { CircleUser, Eye, EyeOff, LogOut, Monitor, Moon, Sun } from 'lucide-react';
import { useState, useTransition } from 'react';
import { useHiddenNames } from '../hidden-names/hidden-names.tsx';
import { Button } from '../ui/button.tsx';
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuLine } from '../ui/menu.tsx';
import { THEME_COOKIE } from './theme.ts';
import type { Theme } from './theme.ts';

const THEME_COOKIE_SECONDS = 365 * 24 * 3600;
const iconProps = { size: 15, 'aria-hidden': true } as const;
const THEMES = [
  {
    value: 'system',
    label: (
      <>
        <Monitor {...iconProps} /> As the system
      </>
    ),
  },
  {
    value: 'light',
    label: (
      <>
        <Sun {...iconProps} /> Light
      </>
    ),
  },
  {
    value: 'dark',
    label: (
      <>
        <Moon {...iconProps} /> Dark
      </>
    ),
  },
] as const;

export function UserMenu(props: { email: string; roles: string; theme: Theme; signOut: () => Promise<void> }) {
  const [theme, setTheme] = useState(props.theme);
  const { hidden, setHidden } = useHiddenNames();
  const [leaving, startLeaving] = useTransition();
  const chooseTheme = (chosen: Theme) => {
    setTheme(chosen);
    if (chosen === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = chosen;
    const lifetime = chosen === 'system' ? 0 : THEME_COOKIE_SECONDS;
    document.cookie = `${THEME_COOKIE}=${chosen}; path=/; max-age=${lifetime}; samesite=lax`;
  };
  return (
    <Menu
      trigger={
        <Button kind="quiet" size="small" aria-label={`Account ${props.email}, ${props.roles}`} disabled={leaving}>
          <CircleUser size={18} aria-hidden />
          <span className="name-line hidden max-w-80 lg:inline">{props.email}</span>
        </Button>
      }
    >
      <MenuLabel>
        <span className="name block text-[13px] text-text">{props.email}</span>
        Role: {props.roles}
      </MenuLabel>
      <MenuLine />
      <MenuLabel>Theme</MenuLabel>
      <MenuChoices label="Theme" value={theme} choices={THEMES} onChange={chooseTheme} />
      <MenuLine />
      <MenuItem onSelect={() => setHidden(!hidden)}>
        {hidden ? <Eye {...iconProps} /> : <EyeOff {...iconProps} />} {hidden ? 'Show names' : 'Hide names (for screenshots)'}
      </MenuItem>
      <MenuLine />
      <MenuItem onSelect={() => startLeaving(() => props.signOut())}>
        <LogOut size={15} aria-hidden /> Sign out
      </MenuItem>
    </Menu>
  );
}
